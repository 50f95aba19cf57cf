import { Plus, X } from "lucide-react";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { ExpressionInput } from "../ExpressionInput";
import styles from "../Form.module.css";
import { FormFields } from "../FormFields";
import type { Config } from "../schema";
import { asText, useFormHelp, type WidgetProps } from "../widget";

/** A list: each element a line, or a small form when the schema says what it is made of. */
export function ListWidget(p: WidgetProps) {
  const { readOnly } = useFormHelp();
  const items = Array.isArray(p.value) ? p.value : [];
  const schema = p.schema.items ?? {};
  const set = (next: unknown[]) => p.onChange(next.length === 0 ? undefined : next);
  const replace = (at: number, value: unknown) => set(items.map((v, i) => (i === at ? value : v)));
  const removeButton = (i: number) => (
    <Button
      look="ghost"
      size="sm"
      disabled={readOnly}
      label={t.forms.removeRow(p.label, i + 1)}
      icon={<X size={14} aria-hidden />}
      onClick={() => set(items.filter((_, at) => at !== i))}
    />
  );
  return (
    <>
      {items.map((item, i) =>
        schema.properties ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: elements of a list have no identity but their place
          <fieldset key={i} className={styles.card}>
            <legend className="vh">{t.forms.rowOf(p.label, i + 1, "")}</legend>
            <FormFields
              schema={{ ...schema, "x-raw": p.schema["x-raw"] }}
              config={asConfig(item)}
              onField={(name, value) => replace(i, { ...asConfig(item), [name]: value })}
              onBlur={p.onBlur}
              errorOf={() => undefined}
              within={`${p.label} ${i + 1}`}
            />
            {removeButton(i)}
          </fieldset>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: elements of a list have no identity but their place
          <span key={i} className={styles.row}>
            <ExpressionInput
              control={{}}
              label={t.forms.rowOf(p.label, i + 1, t.forms.value)}
              text={asText(item)}
              onText={(text) => replace(i, text)}
              onBlur={p.onBlur}
              literal={p.schema["x-literal"]}
              mono
            />
            {removeButton(i)}
          </span>
        ),
      )}
      <span>
        <Button
          size="sm"
          look="ghost"
          disabled={readOnly}
          icon={<Plus size={14} aria-hidden />}
          label={t.forms.addTo(p.label)}
          onClick={() => set([...items, schema.properties ? {} : ""])}
        >
          {t.forms.add}
        </Button>
      </span>
    </>
  );
}

function asConfig(value: unknown): Config {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Config)
    : {};
}
