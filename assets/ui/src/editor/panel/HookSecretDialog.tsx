import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import type { Trigger } from "../../api/types";
import { useRotateSecret } from "../../api/workflows";
import { t } from "../../text/en";
import { exact } from "../../text/format";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Input, Select } from "../../ui/Input";
import styles from "./HookSecret.module.css";

interface HookSecretDialogProps {
  workflowId: string;
  trigger: Trigger;
  onClose: () => void;
}

/** Sets a webhook's secret, or a new one beside the old; then shows it, this once. */
export function HookSecretDialog({ workflowId, trigger, onClose }: HookSecretDialogProps) {
  const rotate = useRotateSecret(workflowId, trigger.id);
  const made = rotate.data;
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={made ? t.hooks.made : t.hooks.secret}
      text={made ? t.hooks.once : (t.hooks.dialogText[trigger.scheme ?? "none"] ?? "")}
    >
      {made ? (
        <>
          <div className={styles.made}>
            <code>{made.secret}</code>
            <CopyButton text={made.secret} what={t.hooks.secretWord} words size="md" />
          </div>
          <p className={styles.lead}>
            {made.previous_until ? t.hooks.previousUntil(exact(made.previous_until)) : t.hooks.kept}
          </p>
          <DialogActions>
            <Button look="primary" onClick={onClose}>
              {t.settings.done}
            </Button>
          </DialogActions>
        </>
      ) : (
        <SecretForm rotate={rotate} trigger={trigger} onClose={onClose} />
      )}
    </Dialog>
  );
}

interface SecretFormProps {
  rotate: ReturnType<typeof useRotateSecret>;
  trigger: Trigger;
  onClose: () => void;
}

function SecretForm({ rotate, trigger, onClose }: SecretFormProps) {
  const [secret, setSecret] = useState("");
  const [overlap, setOverlap] = useState("86400");
  const refusal = rotate.error ? asApiError(rotate.error) : undefined;
  const issue = refusal?.issueOf("secret");
  const isPair = trigger.scheme === "basic";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rotate.mutate({ ...(secret ? { secret } : {}), overlap_s: Number(overlap) });
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {refusal && !issue ? (
        <ErrorPanel title={t.hooks.failed} text={refusal.message} requestId={refusal.requestId} />
      ) : null}
      <Field
        label={isPair ? t.hooks.pair : t.hooks.theirs}
        hint={isPair ? t.hooks.pairHint : t.hooks.theirsHint}
        error={issue}
        optional={!isPair}
      >
        {(control) => (
          <Input
            {...control}
            mono
            value={secret}
            maxLength={512}
            autoComplete="off"
            spellCheck={false}
            onChange={(e) => setSecret(e.target.value)}
          />
        )}
      </Field>
      {trigger.has_secret ? (
        <Field label={t.hooks.overlap} hint={t.hooks.overlapHint}>
          {(control) => (
            <Select
              {...control}
              value={overlap}
              options={t.hooks.overlaps}
              onChange={(e) => setOverlap(e.target.value)}
            />
          )}
        </Field>
      ) : null}
      <DialogActions>
        <Button onClick={onClose}>{t.ui.cancel}</Button>
        <Button type="submit" look="primary" busy={rotate.isPending}>
          {trigger.has_secret ? t.hooks.change : t.hooks.set}
        </Button>
      </DialogActions>
    </form>
  );
}
