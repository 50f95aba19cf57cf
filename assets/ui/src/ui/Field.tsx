import { CircleAlert } from "lucide-react";
import { type ReactNode, useId } from "react";
import { t } from "../text/en";
import styles from "./Field.module.css";

export interface ControlProps {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string;
  optional?: boolean;
  aside?: ReactNode;
  children: (control: ControlProps) => ReactNode;
}

/** A label, a control, and below it the error or else the hint, tied together for assistive technology. */
export function Field({ label, hint, error, optional, aside, children }: FieldProps) {
  const id = useId();
  const below = error ?? hint;
  return (
    <div className={styles.field}>
      <div className={styles.head}>
        <label htmlFor={id} className={styles.label}>
          {label}
        </label>
        <span className={styles.aside}>{aside ?? (optional ? t.ui.optional : null)}</span>
      </div>
      {children({
        id,
        "aria-describedby": below ? `${id}-below` : undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {below ? (
        <p id={`${id}-below`} className={error ? styles.error : styles.hint}>
          {error ? <CircleAlert size={13} aria-hidden /> : null}
          {below}
        </p>
      ) : null}
    </div>
  );
}
