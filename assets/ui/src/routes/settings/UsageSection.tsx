import { Gauge } from "lucide-react";
import { amount, levelOf, shareOf } from "../../api/quota";
import type { Quota, UsageUnit, UsageWorkflow } from "../../api/types";
import { useUsage, useUsageByDay } from "../../api/usage";
import { t } from "../../text/en";
import { exact, integer, span } from "../../text/format";
import { Card } from "../../ui/Card";
import { cx } from "../../ui/cx";
import { Empty } from "../../ui/Empty";
import { QueryError } from "../../ui/QueryError";
import { RowLink } from "../../ui/RowLink";
import { Skeleton } from "../../ui/Skeleton";
import { type Column, Table } from "../../ui/Table";
import pageStyles from "./page.module.css";
import styles from "./UsageSection.module.css";

export function UsageSection() {
  const usage = useUsage();
  const days = useUsageByDay();
  const error = usage.error ?? days.error;
  if (error && !(usage.data && days.data))
    return (
      <Card>
        <QueryError
          title={t.usage.failed}
          error={error}
          onRetry={() => Promise.all([usage.refetch(), days.refetch()])}
        />
      </Card>
    );
  return (
    <>
      <p className={pageStyles.lead}>{t.usage.lead}</p>
      <Card title={t.usage.title} aside={usage.data ? t.usage.planIs(usage.data.plan.name) : null}>
        {usage.data ? (
          <>
            <dl className={styles.quotas}>
              {usage.data.quotas.map((q) => (
                <QuotaBar key={q.kind} quota={q} />
              ))}
            </dl>
            <p className={styles.note}>{t.usage.resets(exact(usage.data.resets_at))}</p>
          </>
        ) : (
          <Skeleton rows={6} />
        )}
      </Card>
      <Card title={t.usage.perDay}>
        {days.data ? <Days items={days.data.items} /> : <Skeleton rows={4} />}
      </Card>
      <Card title={t.usage.workflows}>
        {usage.data ? <Workflows rows={usage.data.workflows} /> : <Skeleton rows={4} />}
      </Card>
    </>
  );
}

function QuotaBar({ quota }: { quota: Quota }) {
  const share = shareOf(quota);
  const used = amount(quota.kind, quota.used);
  const said = quota.limit === null ? used : t.usage.of(used, amount(quota.kind, quota.limit));
  return (
    <div className={styles.quota}>
      <dt>{t.usage.kind[quota.kind] ?? quota.kind}</dt>
      <dd className={styles.said}>
        {said}
        {quota.limit === null ? <span className={styles.faint}> · {t.usage.noLimit}</span> : null}
      </dd>
      <dd className={styles.track} aria-hidden>
        <span
          className={cx(styles.fill, styles[levelOf(quota)])}
          style={{ width: `${Math.min(1, share ?? 0) * 100}%` }}
        />
      </dd>
      <dd className={styles.faint}>
        {quota.forecast !== null && quota.used > 0
          ? t.usage.forecast(amount(quota.kind, quota.forecast))
          : " "}
      </dd>
    </div>
  );
}

/** The bars are a picture of the table, which is what assistive technology reads. */
function Days({ items }: { items: readonly UsageUnit[] }) {
  const most = Math.max(1, ...items.map((d) => d.runs));
  return (
    <>
      <div className={styles.days} aria-hidden>
        {items.map((d) => (
          <span
            key={d.at}
            className={styles.day}
            title={`${d.at.slice(0, 10)}: ${integer(d.runs)}`}
            style={{ height: `${(d.runs / most) * 100}%` }}
          />
        ))}
      </div>
      <Table<UsageUnit>
        caption={t.usage.asTable}
        rows={[...items].reverse().slice(0, 7)}
        rowKey={(d) => d.at}
        columns={[
          {
            id: "day",
            head: t.usage.day,
            wide: true,
            phone: "first",
            cell: (d) => d.at.slice(0, 10),
          },
          ...amounts,
        ]}
      />
    </>
  );
}

const amounts: Column<Pick<UsageUnit, "runs" | "steps" | "compute_ms">>[] = [
  {
    id: "runs",
    head: t.usage.kind.runs ?? "",
    align: "end",
    phone: "end",
    cell: (x) => integer(x.runs),
  },
  {
    id: "steps",
    head: t.usage.kind.steps ?? "",
    align: "end",
    phone: "second",
    cell: (x) => integer(x.steps),
  },
  {
    id: "compute",
    head: t.usage.kind.compute_ms ?? "",
    align: "end",
    phone: "off",
    cell: (x) => span(x.compute_ms),
  },
];

function Workflows({ rows }: { rows: readonly UsageWorkflow[] }) {
  if (rows.length === 0)
    return (
      <Empty
        icon={<Gauge size={28} aria-hidden />}
        title={t.usage.workflowsEmpty}
        text={t.usage.workflowsEmptyText}
      />
    );
  return (
    <Table<UsageWorkflow>
      caption={t.usage.workflows}
      rows={rows}
      rowKey={(w) => w.workflow_id}
      columns={[
        {
          id: "workflow",
          head: t.usage.workflow,
          wide: true,
          phone: "first",
          cell: (w) =>
            w.name === null ? (
              t.usage.deleted
            ) : (
              <RowLink href={`/workflows/${w.workflow_id}`}>{w.name}</RowLink>
            ),
        },
        ...amounts,
      ]}
    />
  );
}
