import { asApiError } from "../../api/error";
import { useCan } from "../../api/session";
import type { Workspace } from "../../api/types";
import { t } from "../../text/en";
import { Field } from "../../ui/Field";
import { Switch } from "../../ui/Switch";
import { toast } from "../../ui/Toast";
import styles from "./page.module.css";
import { useChangeWorkspace } from "./queries";

/** Whether the workspace asks its members for a second factor. */
export function SecondFactorRule({ workspace }: { workspace: Workspace }) {
  const can = useCan();
  const save = useChangeWorkspace(workspace.id);
  const refusal = save.error ? asApiError(save.error) : undefined;
  const set = (require_2fa: boolean) =>
    save.mutate(
      { settings: { ...workspace.settings, require_2fa }, etag: workspace.etag },
      { onSuccess: () => toast({ tone: "success", title: t.settings.saved }) },
    );
  return (
    <div className={styles.form}>
      <Field
        label={t.account.rule}
        hint={can("workspace:admin") ? t.account.ruleHint : t.settings.needsAdmin}
        error={refusal ? (refusal.issueOf("settings.require_2fa") ?? refusal.message) : undefined}
      >
        {(control) => (
          <Switch
            id={control.id}
            label={t.account.rule}
            checked={workspace.settings.require_2fa === true}
            disabled={!can("workspace:admin") || save.isPending}
            onChange={set}
          />
        )}
      </Field>
    </div>
  );
}
