import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { asApiError } from "../../api/error";
import { useCreateWorkflow } from "../../api/workflows";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { Segmented } from "../../ui/Segmented";
import styles from "./CreateDialog.module.css";
import { type StartsBy, starter } from "./starter";

const STARTS: readonly { value: StartsBy; label: string; hint: string }[] = [
  { value: "webhook", label: t.workflows.byWebhook, hint: t.workflows.webhookHint },
  { value: "schedule", label: t.workflows.bySchedule, hint: t.workflows.scheduleHint },
  { value: "manual", label: t.workflows.byManual, hint: t.workflows.manualHint },
];

export function CreateDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [startsBy, setStartsBy] = useState<StartsBy>("webhook");
  const [missing, setMissing] = useState(false);
  const [, navigate] = useLocation();
  const create = useCreateWorkflow();
  const refusal = create.error ? asApiError(create.error) : undefined;
  const nameIssue = missing ? t.auth.mustFill : refusal?.issueOf("name");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return setMissing(true);
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    create.mutate(
      { name: name.trim(), definition: starter(startsBy, timeZone || "UTC") },
      { onSuccess: (workflow) => navigate(`/workflows/${workflow.id}/edit`) },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.workflows.create}
      text={t.workflows.createText}
    >
      <form className={styles.form} onSubmit={submit} noValidate>
        {refusal && !refusal.issueOf("name") ? (
          <ErrorPanel
            title={t.workflows.createFailed}
            text={refusal.message}
            requestId={refusal.requestId}
          />
        ) : null}
        <Field label={t.workflows.name} error={nameIssue}>
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={255}
              placeholder={t.workflows.namePlaceholder}
              onChange={(e) => {
                setName(e.target.value);
                setMissing(false);
              }}
            />
          )}
        </Field>
        <div className={styles.starts}>
          <span className={styles.label} aria-hidden>
            {t.workflows.startsBy}
          </span>
          <Segmented
            label={t.workflows.startsBy}
            value={startsBy}
            options={STARTS}
            onChange={setStartsBy}
          />
          <p className={styles.hint}>{STARTS.find((s) => s.value === startsBy)?.hint}</p>
        </div>
        <DialogActions>
          <Button onClick={onClose}>{t.ui.cancel}</Button>
          <Button type="submit" look="primary" busy={create.isPending}>
            {t.workflows.createVerb}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
