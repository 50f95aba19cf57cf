import { Eye, EyeOff } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { t } from "../text/en";
import { Button } from "./Button";
import { Field } from "./Field";
import { Input } from "./Input";
import styles from "./PasswordField.module.css";

interface PasswordFieldProps {
  label?: string;
  /** One that is being chosen, not one that is known. */
  isNew?: boolean;
  value: string;
  error?: string;
  onChange: (password: string) => void;
}

/** A password that can be looked at, with a word when caps lock is on. */
export function PasswordField({ label, isNew, value, error, onChange }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const onKey = (event: KeyboardEvent) => setCaps(event.getModifierState("CapsLock"));
  const hint = caps ? t.auth.capsLock : isNew ? t.auth.passwordHint : undefined;
  return (
    <Field label={label ?? t.auth.password} error={error} hint={hint}>
      {(control) => (
        <div className={styles.password}>
          <Input
            {...control}
            type={shown ? "text" : "password"}
            autoComplete={isNew ? "new-password" : "current-password"}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            onKeyUp={onKey}
            required
          />
          <span className={styles.reveal}>
            <Button
              look="ghost"
              size="sm"
              aria-pressed={shown}
              label={shown ? t.auth.hidePassword : t.auth.showPassword}
              icon={shown ? <EyeOff size={14} aria-hidden /> : <Eye size={14} aria-hidden />}
              onClick={() => setShown(!shown)}
            />
          </span>
        </div>
      )}
    </Field>
  );
}
