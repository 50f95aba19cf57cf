import { useMe } from "../api/session";
import type { Shares } from "../api/types";
import { t } from "../text/en";
import { Field } from "../ui/Field";
import { Select } from "../ui/Input";
import styles from "./ShareDialog.module.css";
import { ShareRow } from "./ShareRow";

interface ShareWorkspacesProps {
  workspaces: Shares["workspaces"];
  busy: boolean;
  onChange: (ids: string[]) => void;
}

/** Other workspaces that may use it. One that I am in can be added; who is in none but this sees no field for it. */
export function ShareWorkspaces({ workspaces, busy, onChange }: ShareWorkspacesProps) {
  const me = useMe();
  const ids = workspaces.map((w) => w.id);
  const others = me.memberships.filter(
    (m) => m.workspace_id !== me.workspace_id && !ids.includes(m.workspace_id),
  );
  if (workspaces.length === 0 && others.length === 0) return null;
  return (
    <>
      {workspaces.length > 0 ? (
        <ul className={styles.list} aria-label={t.team.shareWorkspaces}>
          {workspaces.map((w) => (
            <ShareRow
              key={w.id}
              name={w.name}
              onDrop={() => onChange(ids.filter((id) => id !== w.id))}
            />
          ))}
        </ul>
      ) : null}
      {others.length > 0 ? (
        <Field label={t.team.shareWorkspace} hint={t.team.shareWorkspaceHint}>
          {(control) => (
            <Select
              {...control}
              value=""
              options={[
                { value: "", label: t.team.shareChoose },
                ...others.map((m) => ({ value: m.workspace_id, label: m.name })),
              ]}
              disabled={busy}
              onChange={(e) => onChange([...ids, e.target.value])}
            />
          )}
        </Field>
      ) : null}
    </>
  );
}
