import { membershipOf, useCan, useMe } from "../../api/session";
import type { Workspace } from "../../api/types";
import { t } from "../../text/en";
import { exact } from "../../text/format";
import { Card } from "../../ui/Card";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { NameForm } from "./NameForm";
import styles from "./page.module.css";
import { useChangeWorkspace, useWorkspace } from "./queries";
import { SecondFactorRule } from "./SecondFactorRule";
import { EndCard } from "./team/EndCard";
import { GoneCard } from "./team/GoneCard";
import { SlugForm } from "./team/SlugForm";

export function WorkspaceSection() {
  const me = useMe();
  const workspace = useWorkspace(me.workspace_id ?? "");
  return (
    <>
      <p className={styles.lead}>{t.settings.workspaceText}</p>
      <Card title={t.settings.workspace}>
        {workspace.error && !workspace.data ? (
          <QueryError
            title={t.settings.workspaceFailed}
            error={workspace.error}
            onRetry={() => workspace.refetch()}
          />
        ) : null}
        {workspace.isPending ? <Skeleton rows={4} /> : null}
        {workspace.data ? <Loaded workspace={workspace.data} /> : null}
      </Card>
      {workspace.data ? <EndCard workspace={workspace.data} /> : null}
      <GoneCard />
    </>
  );
}

function Loaded({ workspace }: { workspace: Workspace }) {
  const can = useCan();
  const rename = useChangeWorkspace(workspace.id);
  const permissions = membershipOf(useMe())?.permissions ?? [];
  return (
    <>
      <NameForm
        label={t.settings.name}
        name={workspace.name}
        disabled={can("workspace:admin") ? undefined : t.settings.needsAdmin}
        busy={rename.isPending}
        save={(name, done) => rename.mutate({ name, etag: workspace.etag }, done)}
      />
      <SlugForm workspace={workspace} />
      <SecondFactorRule workspace={workspace} />
      <dl className={styles.facts}>
        <dt>{t.settings.created}</dt>
        <dd>{exact(workspace.created_at)}</dd>
        <dt>{t.settings.role}</dt>
        <dd>{workspace.role}</dd>
        <dt>{t.settings.permissions}</dt>
        <dd className={styles.codes}>
          {permissions.map((p) => (
            <span key={p} className={styles.code}>
              {p}
            </span>
          ))}
        </dd>
      </dl>
    </>
  );
}
