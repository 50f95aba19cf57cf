import type { FieldDiff, VersionDiff, VersionSummary, Workflow } from "../../api/types";
import { t } from "../../text/en";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { useFilters } from "../../ui/useFilters";
import { Beside } from "./Beside";
import styles from "./page.module.css";
import { useVersionDiff } from "./queries";
import { VersionSelect } from "./VersionSelect";

interface DiffCardProps {
  workflow: Workflow;
  versions: readonly VersionSummary[];
}

/** What one version changes of another: the live one and the newest, until others are picked. */
export function DiffCard({ workflow, versions }: DiffCardProps) {
  const { get, set } = useFilters();
  const newest = workflow.draft_version;
  const before = workflow.live_version ?? newest;
  const from = Number(get("from")) || (before === newest ? newest - 1 : before);
  const to = Number(get("to")) || newest;
  const diff = useVersionDiff(workflow.id, from, to);
  return (
    <Card
      title={t.versions.diff}
      aside={
        <span className={styles.actions}>
          <VersionSelect
            label={t.versions.diffFrom}
            versions={versions}
            value={from}
            onChange={(n) => set({ from: String(n) })}
          />
          <VersionSelect
            label={t.versions.diffTo}
            versions={versions}
            value={to}
            onChange={(n) => set({ to: String(n) })}
          />
        </span>
      }
    >
      {diff.error && !diff.data ? (
        <QueryError
          title={t.versions.diffFailed}
          error={diff.error}
          onRetry={() => diff.refetch()}
        />
      ) : null}
      {diff.isPending ? <Skeleton rows={3} /> : null}
      {diff.data ? <Diff diff={diff.data} /> : null}
    </Card>
  );
}

function Diff({ diff }: { diff: VersionDiff }) {
  const { nodes, edges, settings, variables } = diff;
  if (nodes.length + edges.length + settings.length + variables.length === 0)
    return <Empty title={t.versions.diffNone} />;
  return (
    <div className={styles.diff}>
      {nodes.map((n) => (
        <section key={n.id} className={styles.thing}>
          <h3>{t.versions.nodeChange[n.change](n.name || n.id)}</h3>
          <Fields fields={n.fields} />
        </section>
      ))}
      {edges.length > 0 ? (
        <section className={styles.thing}>
          <h3>{t.versions.edges}</h3>
          <ul>
            {edges.map((e) => (
              <li key={`${e.from} ${e.from_port} ${e.to} ${e.to_port}`}>
                {t.versions.edgeChange[e.change](`${e.from} (${e.from_port})`, e.to)}
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {settings.length > 0 ? (
        <section className={styles.thing}>
          <h3>{t.versions.settings}</h3>
          <Fields fields={settings} />
        </section>
      ) : null}
      {variables.length > 0 ? (
        <section className={styles.thing}>
          <h3>{t.versions.variables}</h3>
          <Fields fields={variables} />
        </section>
      ) : null}
    </div>
  );
}

function Fields({ fields }: { fields: readonly FieldDiff[] }) {
  return fields.map((f) => (
    <Beside
      key={f.field}
      what={f.field.replace(/^config\./, "")}
      before={f.before}
      after={f.after}
    />
  ));
}
