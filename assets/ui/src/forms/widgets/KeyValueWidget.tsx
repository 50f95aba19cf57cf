import { Plus, X } from "lucide-react";
import { useState } from "react";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Input } from "../../ui/Input";
import { ExpressionInput } from "../ExpressionInput";
import styles from "../Form.module.css";
import { asText, useFormHelp, type WidgetProps } from "../widget";

interface Row {
  name: string;
  value: unknown;
}

/**
 * Names and values. The rows are kept beside the config, since a row without a name is none yet. A list of
 * {name, value} stays a list; everything else becomes an object.
 */
export function KeyValueWidget(p: WidgetProps) {
  const { readOnly } = useFormHelp();
  const [draft, setDraft] = useState<Row[] | null>(null);
  const rows = draft ?? rowsOf(p.value);
  const literal = p.schema["x-literal"];
  const isList = Array.isArray(p.value);
  const set = (next: Row[]) => {
    setDraft(next);
    const named = next.filter((r) => r.name !== "");
    const value = isList ? named : Object.fromEntries(named.map((r) => [r.name, r.value]));
    p.onChange(named.length === 0 ? undefined : value);
  };
  const change = (at: number, row: Partial<Row>) =>
    set(rows.map((r, i) => (i === at ? { ...r, ...row } : r)));
  return (
    <>
      {rows.map((row, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place; names repeat while they are typed
        <span key={i} className={styles.row}>
          <Input
            mono
            aria-label={t.forms.rowOf(p.label, i + 1, t.forms.name)}
            placeholder={t.forms.name}
            value={row.name}
            disabled={readOnly}
            onBlur={p.onBlur}
            onChange={(e) => change(i, { name: e.target.value })}
          />
          <ExpressionInput
            control={{}}
            label={t.forms.rowOf(p.label, i + 1, t.forms.value)}
            placeholder={t.forms.value}
            text={asText(row.value)}
            onText={(text) => change(i, { value: literal ? text : keptType(text, row.value) })}
            onBlur={p.onBlur}
            literal={literal}
            mono
          />
          <Button
            look="ghost"
            size="sm"
            disabled={readOnly}
            label={t.forms.removeRow(p.label, i + 1)}
            icon={<X size={14} aria-hidden />}
            onClick={() => set(rows.filter((_, at) => at !== i))}
          />
        </span>
      ))}
      <span>
        <Button
          size="sm"
          look="ghost"
          disabled={readOnly}
          icon={<Plus size={14} aria-hidden />}
          label={t.forms.addTo(p.label)}
          onClick={() => setDraft([...rows, { name: "", value: "" }])}
        >
          {t.forms.add}
        </Button>
      </span>
    </>
  );
}

function rowsOf(value: unknown): Row[] {
  if (Array.isArray(value)) return value.map((v) => ({ name: asText(v?.name), value: v?.value }));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).map(([name, v]) => ({ name, value: v }));
}

/** A number, true, a list stay what they are while they read as one; a text stays text. */
function keptType(text: string, old: unknown): unknown {
  if (typeof old === "string" && old !== "") return text;
  if (!/^(-?\d|true$|false$|null$|[[{])/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
