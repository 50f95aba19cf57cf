import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import type { VersionSummary, Workflow } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { Input, Textarea } from "../../ui/Input";
import { toast } from "../../ui/Toast";
import { nextLabels } from "./label";
import styles from "./page.module.css";
import { usePublish } from "./queries";

interface PublishDialogProps {
  workflow: Workflow;
  version: VersionSummary;
  live: VersionSummary | undefined;
  onClose: () => void;
}

/** Makes a version live under a name. */
export function PublishDialog({ workflow, version, live, onClose }: PublishDialogProps) {
  const offered = nextLabels(live?.label ?? "");
  const [label, setLabel] = useState(
    version.number > (live?.number ?? 0) ? (offered[1] ?? version.label) : version.label,
  );
  const [note, setNote] = useState(version.note);
  const publish = usePublish(workflow.id);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    publish.mutate(
      { version: version.number, label: label.trim(), note },
      {
        onSuccess: () => {
          toast({ tone: "success", title: t.versions.published(version.number) });
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.versions.publishTitle(version.number)}
      text={t.versions.publishText}
    >
      <form className={styles.form} onSubmit={submit} noValidate>
        <Field
          label={t.versions.label}
          hint={t.versions.labelHint}
          error={publish.error ? asApiError(publish.error).message : undefined}
          aside={offered.map((next) => (
            <Button key={next} size="sm" look="ghost" onClick={() => setLabel(next)}>
              {next}
            </Button>
          ))}
        >
          {(control) => (
            <Input {...control} value={label} onChange={(e) => setLabel(e.target.value)} />
          )}
        </Field>
        <Field label={t.versions.note} optional>
          {(control) => (
            <Textarea
              {...control}
              value={note}
              maxLength={2000}
              onChange={(e) => setNote(e.target.value)}
            />
          )}
        </Field>
        <DialogActions>
          <Button onClick={onClose}>{t.ui.cancel}</Button>
          <Button type="submit" look="primary" busy={publish.isPending}>
            {t.versions.publish}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
