import { useState } from "react";
import { t } from "../../text/en";
import { ExpressionInput } from "../ExpressionInput";
import styles from "../Form.module.css";
import type { WidgetProps } from "../widget";

/**
 * A value written as JSON. What isn't JSON is a text where the schema allows one (a body, an expression), else it
 * stays in the field with an error and the config keeps its last good value.
 */
export function JsonWidget(p: WidgetProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const takesText = p.schema.type === undefined || p.schema.type === "string";
  const text = draft ?? shown(p.value);
  const parsed = parse(text);
  const isBad = draft !== null && parsed === undefined && text.trim() !== "" && !takesText;
  const change = (next: string) => {
    setDraft(next);
    const value = parse(next);
    if (next.trim() === "") p.onChange(undefined);
    else if (value !== undefined) p.onChange(value.value);
    else if (takesText || next.includes("{{")) p.onChange(next);
  };
  return (
    <>
      <ExpressionInput
        control={{ ...p.control, "aria-invalid": isBad || p.control["aria-invalid"] }}
        label={p.label}
        text={text}
        onText={change}
        onBlur={() => {
          if (!isBad) setDraft(null);
          p.onBlur();
        }}
        placeholder={p.schema["x-placeholder"]}
        literal={p.schema["x-literal"]}
        lines={Math.min(14, Math.max(4, text.split("\n").length))}
        mono
      />
      {isBad ? (
        <p className={styles.error} role="alert">
          {t.forms.badJson}
        </p>
      ) : null}
    </>
  );
}

function shown(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return parse(value) ? JSON.stringify(value) : value;
  return JSON.stringify(value, null, 2);
}

/** A text that reads as JSON was meant as JSON; a bare word or sentence wasn't. */
function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
