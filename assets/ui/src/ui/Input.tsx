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
  /** Neighbours with the same one stand under it. */
  group?: string;
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
        {runsOf(options).map(({ group, of }) =>
          group ? (
            <optgroup key={group} label={group}>
              {of.map(optionOf)}
            </optgroup>
          ) : (
            of.map(optionOf)
          ),
        )}
      </select>
      <ChevronDown size={14} aria-hidden />
    </span>
  );
}

function optionOf({ value, label }: Option) {
  return (
    <option key={value} value={value}>
      {label}
    </option>
  );
}

function runsOf(options: readonly Option[]): { group?: string; of: Option[] }[] {
  const runs: { group?: string; of: Option[] }[] = [];
  for (const option of options) {
    const last = runs.at(-1);
    if (last && last.group === option.group) last.of.push(option);
    else runs.push({ group: option.group, of: [option] });
  }
  return runs;
}
