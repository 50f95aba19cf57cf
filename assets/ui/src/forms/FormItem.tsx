import { type ReactNode, useId, useState } from "react";
import { t } from "../text/en";
import { type ControlProps, Field } from "../ui/Field";
import { preview, shortValue } from "./expression";
import styles from "./Form.module.css";
import { widget } from "./registry";
import { type Config, type FormField, isExpression, titleOf, widgetOf } from "./schema";
import { useFormHelp } from "./widget";
import { TextWidget } from "./widgets/TextWidget";

interface FormItemProps {
  field: FormField;
  value: unknown;
  siblings: Config;
  error?: string;
  onChange: (value: unknown) => void;
  onBlur: () => void;
  within?: string;
}

/** One field of a form: its label, the widget its schema asks for, the switch to an expression, error or hint. */
export function FormItem({
  field,
  value,
  siblings,
  error,
  onChange,
  onBlur,
  within,
}: FormItemProps) {
  const { schema, name, required } = field;
  const entry = widget(widgetOf(schema));
  const [wantsExpression, setWants] = useState(false);
  const isSwapped = entry.needsSwap && (wantsExpression || isExpression(value));
  const Widget = isSwapped ? TextWidget : entry.Widget;
  const label = titleOf(name, schema);
  const fullLabel = within ? `${within}: ${label}` : label;
  const canSwap = entry.needsSwap && !schema["x-literal"] && !schema["x-raw"];
  const aside = canSwap ? (
    <button
      type="button"
      className={styles.mode}
      aria-pressed={isSwapped}
      aria-label={isSwapped ? t.forms.toFixed(fullLabel) : t.forms.toExpression(fullLabel)}
      onClick={() => {
        setWants(!isSwapped);
        if (isSwapped) onChange(undefined);
      }}
    >
      {t.forms.expression}
    </button>
  ) : required ? null : undefined;
  const control = (props: ControlProps) => (
    <>
      <Widget
        label={fullLabel}
        control={props}
        schema={schema}
        value={value}
        siblings={siblings}
        onChange={onChange}
        onBlur={onBlur}
      />
      <Preview value={value} />
    </>
  );
  const shape = isSwapped ? "one" : entry.shape;
  if (shape === "one") {
    return (
      <Field label={label} hint={schema.description} error={error} aside={aside}>
        {control}
      </Field>
    );
  }
  return (
    <Group
      label={label}
      hint={schema.description}
      error={error}
      inline={shape === "inline"}
      aside={aside}
    >
      {control}
    </Group>
  );
}

interface GroupProps {
  label: string;
  hint?: string;
  error?: string;
  inline: boolean;
  aside: ReactNode;
  children: (control: ControlProps) => ReactNode;
}

/** Several controls under one title; `inline` puts a single switch at the end of its line. */
function Group({ label, hint, error, inline, aside, children }: GroupProps) {
  const id = useId();
  const control: ControlProps = {
    id,
    "aria-describedby": undefined,
    "aria-invalid": error ? true : undefined,
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset can't be laid out in a line with its legend
    <div className={styles.group} role="group" aria-labelledby={`${id}-title`}>
      <div className={inline ? styles.inline : styles.head}>
        <span id={`${id}-title`} className={styles.label}>
          {label}
        </span>
        <span className={styles.row}>
          {aside}
          {inline ? children(control) : null}
        </span>
      </div>
      {inline ? null : children(control)}
      {error ? <p className={styles.error}>{error}</p> : null}
      {hint && !error ? <p className={styles.hint}>{hint}</p> : null}
    </div>
  );
}

/** What the text was worth in the last run, where that is known. */
function Preview({ value }: { value: unknown }) {
  const { roots } = useFormHelp();
  const known = typeof value === "string" ? preview(value, roots) : undefined;
  if (!known) return null;
  return <p className={styles.preview}>{t.forms.previewOf(shortValue(known.value))}</p>;
}
