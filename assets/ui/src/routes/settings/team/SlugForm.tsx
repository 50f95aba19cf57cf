import { useCan } from "../../../api/session";
import type { Workspace } from "../../../api/types";
import { t } from "../../../text/en";
import { NameForm } from "../NameForm";
import styles from "../page.module.css";
import { useChangeWorkspace } from "../queries";

export function SlugForm({ workspace }: { workspace: Workspace }) {
  const can = useCan();
  const rename = useChangeWorkspace(workspace.id);
  return (
    <NameForm
      label={t.settings.slug}
      field="slug"
      name={workspace.slug}
      disabled={can("workspace:admin") ? undefined : t.settings.needsAdmin}
      busy={rename.isPending}
      save={(slug, done) => rename.mutate({ slug, etag: workspace.etag }, done)}
    >
      <p className={styles.soft}>
        {t.settings.slugHint} {t.team.slugKept}
      </p>
    </NameForm>
  );
}
