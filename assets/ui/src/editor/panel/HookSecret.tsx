import { KeyRound } from "lucide-react";
import { useState } from "react";
import type { DefinitionNode } from "../../api/types";
import { useWorkflow } from "../../api/workflows";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { useEditor } from "../context";
import styles from "./HookSecret.module.css";
import { HookSecretDialog } from "./HookSecretDialog";

/** Whether a webhook that asks for a proof has the secret to check it by, and where one sets it. */
export function HookSecret({ node }: { node: DefinitionNode }) {
  const { workflowId, readOnly } = useEditor();
  const workflow = useWorkflow(workflowId).data;
  const [open, setOpen] = useState(false);
  const scheme = node.config?.authentication ?? "none";
  if (scheme === "none") return null;
  const trigger = workflow?.triggers.find((x) => x.node_id === node.id);
  if (trigger?.scheme !== scheme) return <p className={styles.hint}>{t.hooks.activateFirst}</p>;
  return (
    <section className={styles.secret} aria-label={t.hooks.secret}>
      <p className={trigger.has_secret ? styles.hint : styles.warning}>
        {trigger.has_secret ? t.hooks.isSet : t.hooks.isMissing}
      </p>
      {readOnly ? null : (
        <Button icon={<KeyRound size={16} aria-hidden />} onClick={() => setOpen(true)}>
          {trigger.has_secret ? t.hooks.change : t.hooks.set}
        </Button>
      )}
      {open ? (
        <HookSecretDialog
          workflowId={workflowId}
          trigger={trigger}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </section>
  );
}
