import { type FormEvent, type ReactNode, useState } from "react";
import { type ApiError, asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { toast } from "../../ui/Toast";
import styles from "./page.module.css";

interface NameFormProps {
  label: string;
  /** What it is called in a refusal. */
  field?: string;
  name: string;
  disabled?: string;
  busy: boolean;
  save: (name: string, done: { onSuccess: () => void; onError: (error: Error) => void }) => void;
  children?: ReactNode;
}

/** One name and its save button: the profile and the workspace have the same. */
export function NameForm({
  label,
  field = "name",
  name,
  disabled,
  busy,
  save,
  children,
}: NameFormProps) {
  const [draft, setDraft] = useState(name);
  const [error, setError] = useState<ApiError | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(draft.trim(), {
      onSuccess: () => {
        setError(null);
        toast({ tone: "success", title: t.settings.saved });
      },
      onError: (thrown) => setError(asApiError(thrown)),
    });
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <Field
        label={label}
        error={error ? (error.issueOf(field) ?? error.message) : undefined}
        hint={disabled}
      >
        {(control) => (
          <Input
            {...control}
            value={draft}
            maxLength={255}
            disabled={Boolean(disabled)}
            onChange={(e) => setDraft(e.target.value)}
          />
        )}
      </Field>
      {children}
      {disabled ? null : (
        <Button type="submit" look="primary" busy={busy} disabled={draft.trim() === name}>
          {t.settings.save}
        </Button>
      )}
    </form>
  );
}
