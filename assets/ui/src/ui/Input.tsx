import { ChevronDown } from "lucide-react";
import type { InputHTMLAttributes, Ref, SelectHTMLAttributes, TextareaHTMLAttributes } from "react";
import { cx } from "./cx";
import styles from "./Input.module.css";

type InputProps = Omit<InputHTMLAttributes<HTMLInputElement>, "className"> & {
  mono?: boolean;
  ref?: Ref<HTMLInputElement>;
};

export function Input({ mono, ...rest }: InputProps) {
  return <input {...rest} className={cx(styles.control, mono && styles.mono)} />;
}

type TextareaProps = Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "className"> & {
  mono?: boolean;
  ref?: Ref<HTMLTextAreaElement>;
};

export function Textarea({ mono, ...rest }: TextareaProps) {
  return (
    <textarea rows={4} {...rest} className={cx(styles.control, styles.area, mono && styles.mono)} />
  );
}

export interface Option {
  value: string;
  label: string;
}

type SelectProps = Omit<SelectHTMLAttributes<HTMLSelectElement>, "className"> & {
  options: readonly Option[];
  compact?: boolean;
};

/** The browser's own list: it works by touch, by keyboard and under our CSP. */
export function Select({ options, compact, ...rest }: SelectProps) {
  return (
    <span className={cx(styles.select, compact && styles.compact)}>
      <select {...rest} className={styles.control}>
        {options.map((o) => (
          <option key={o.value} value={o.value}>
            {o.label}
          </option>
        ))}
      </select>
      <ChevronDown size={14} aria-hidden />
    </span>
  );
}
