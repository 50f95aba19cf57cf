import { t } from "../text/en";
import { Field } from "./Field";
import { Input } from "./Input";

interface CodeFieldProps {
  hint?: string;
  value: string;
  error?: string;
  autoFocus?: boolean;
  onChange: (code: string) => void;
}

/** A code of the second factor; phones and password managers offer it. */
export function CodeField({ hint, value, error, autoFocus, onChange }: CodeFieldProps) {
  return (
    <Field label={t.auth.codeLabel} hint={hint ?? t.auth.codeHint} error={error}>
      {(control) => (
        <Input
          {...control}
          mono
          value={value}
          maxLength={40}
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          ref={autoFocus ? focusOnce : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/* It takes the place of what had the focus. */
function focusOnce(input: HTMLInputElement | null): void {
  input?.focus();
}
