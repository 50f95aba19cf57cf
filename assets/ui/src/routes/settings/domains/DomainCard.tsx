import { useCan } from "../../../api/session";
import type { Domain } from "../../../api/types";
import { t } from "../../../text/en";
import { exact } from "../../../text/format";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { CopyButton } from "../../../ui/CopyButton";
import { Field } from "../../../ui/Field";
import { Segmented } from "../../../ui/Segmented";
import { StatePill } from "../../../ui/StatePill";
import { Switch } from "../../../ui/Switch";
import { Time } from "../../../ui/Time";
import page from "../page.module.css";
import { RoleSelect } from "../team/RoleSelect";
import { said } from "../team/said";
import styles from "./DomainCard.module.css";
import { useChangeDomain, useCheckDomain } from "./queries";

const LOOKS = { pending: "waiting", verified: "succeeded", lost: "failed" } as const;

/** One domain: the record that proves it, how the last look went, and who joins by it. */
export function DomainCard({ domain, onRemove }: { domain: Domain; onRemove: () => void }) {
  const may = useCan()("member:write");
  const check = useCheckDomain();
  return (
    <Card
      title={domain.domain}
      aside={
        domain.is_checking ? (
          <StatePill state="running" word={t.domains.checking} />
        ) : (
          <StatePill state={LOOKS[domain.state]} word={t.domains.state[domain.state]} />
        )
      }
    >
      <div className={styles.body}>
        <DnsRecord domain={domain} />
        <Outcome domain={domain} />
        {may ? (
          <div className={styles.actions}>
            {/* Never busy, which would take the focus away: asking again while a look is under way changes nothing. */}
            <Button
              look={domain.state === "verified" ? "plain" : "primary"}
              label={t.domains.checkOf(domain.domain)}
              onClick={() =>
                check.mutate(domain.id, { onError: said("", t.domains.checkFailed).onError })
              }
            >
              {t.domains.check}
            </Button>
            <Button label={t.domains.removeOf(domain.domain)} onClick={onRemove}>
              {t.domains.remove}
            </Button>
          </div>
        ) : null}
        <Capture domain={domain} may={may} />
      </div>
    </Card>
  );
}

function DnsRecord({ domain: { domain, state, record } }: { domain: Domain }) {
  return (
    <div className={styles.record}>
      <p>{state === "verified" ? t.domains.kept : t.domains.publish}</p>
      <dl className={styles.fields}>
        <dt>{t.domains.recordType}</dt>
        <dd>
          <code>{record.type}</code>
        </dd>
        <dt>{t.domains.recordName}</dt>
        <dd className={page.secret}>
          <code>{record.name}</code>
          <CopyButton text={record.name} what={t.domains.nameOf(domain)} />
        </dd>
        <dt>{t.domains.recordValue}</dt>
        <dd className={page.secret}>
          <code>{record.value}</code>
          <CopyButton text={record.value} what={t.domains.valueOf(domain)} />
        </dd>
      </dl>
    </div>
  );
}

function Outcome({ domain }: { domain: Domain }) {
  const said = domain.is_checking
    ? t.domains.asking
    : domain.problem
      ? t.domains.problem(domain.problem)
      : domain.checked_at
        ? t.domains.found
        : t.domains.never;
  return (
    <div className={domain.problem && !domain.is_checking ? styles.problem : page.soft}>
      <p role="status">
        {said} {domain.ends_at ? t.domains.lost(exact(domain.ends_at)) : null}
      </p>
      {domain.checked_at && !domain.is_checking ? <Time at={domain.checked_at} /> : null}
    </div>
  );
}

function Capture({ domain, may }: { domain: Domain; may: boolean }) {
  const change = useChangeDomain();
  const { domain: name, is_capturing, asks_first, role, warning } = domain;
  const canCapture = domain.state !== "pending";
  return (
    <div className={styles.capture}>
      <Field
        label={t.domains.capture}
        hint={
          canCapture
            ? asks_first
              ? t.domains.askText
              : t.domains.captureText
            : t.domains.captureWait
        }
        error={warning ?? undefined}
      >
        {({ id }) => (
          <Switch
            id={id}
            label={t.domains.captureOf(name)}
            checked={is_capturing}
            disabled={!may || !canCapture}
            onChange={(on) =>
              change.mutate(
                { domain, is_capturing: on },
                said(
                  on ? t.domains.captureOn(name) : t.domains.captureOff(name),
                  t.domains.changeFailed,
                ),
              )
            }
          />
        )}
      </Field>
      {is_capturing && may ? (
        <Segmented
          label={t.domains.how}
          value={asks_first ? "ask" : "join"}
          options={[
            { value: "join", label: t.domains.join },
            { value: "ask", label: t.domains.ask },
          ]}
          onChange={(how) =>
            change.mutate(
              { domain, asks_first: how === "ask" },
              said(how === "ask" ? t.domains.asks : t.domains.joins, t.domains.changeFailed),
            )
          }
        />
      ) : null}
      <Field label={t.domains.role}>
        {({ id }) => (
          <RoleSelect
            id={id}
            value={role}
            without={["owner"]}
            disabled={!may}
            onChange={(to) =>
              change.mutate(
                { domain, role: to },
                said(t.domains.changed(to), t.domains.changeFailed),
              )
            }
          />
        )}
      </Field>
    </div>
  );
}
