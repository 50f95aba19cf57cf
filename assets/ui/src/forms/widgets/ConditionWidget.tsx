import { Plus, X } from "lucide-react";
import { useState } from "react";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Select } from "../../ui/Input";
import { Segmented } from "../../ui/Segmented";
import {
  fromRows,
  hasValue,
  OPERATORS,
  type Operator,
  type Rows,
  type Test,
  toRows,
  toText,
} from "../condition";
import { ExpressionInput } from "../ExpressionInput";
import styles from "../Form.module.css";
import { asText, useFormHelp, type WidgetProps } from "../widget";

const EMPTY: Test = { field: "", operator: "eq", value: "" };

/** A condition as rows of field, operator and value, or as the text that engineers prefer. */
export function ConditionWidget(p: WidgetProps) {
  const [mode, setMode] = useState<"rows" | "text">(
    typeof p.value === "string" || toRows(p.value) === undefined ? "text" : "rows",
  );
  const rows = toRows(p.value);
  const text = typeof p.value === "string" ? p.value : (toText(p.value) ?? asText(p.value));
  const change = (next: "rows" | "text") => {
    if (next === "text" && toText(p.value) !== undefined) p.onChange(toText(p.value) || undefined);
    if (next === "rows" && rows) p.onChange(fromRows(rows));
    setMode(next);
  };
  return (
    <>
      <Segmented
        label={t.forms.condition.mode}
        value={mode}
        options={[
          { value: "rows", label: t.forms.condition.rows },
          { value: "text", label: t.forms.condition.text },
        ]}
        onChange={change}
      />
      {mode === "rows" && rows ? <RowsEditor {...p} rows={rows} /> : null}
      {mode === "rows" && !rows ? <p className={styles.hint}>{t.forms.condition.cannot}</p> : null}
      {mode === "text" || !rows ? (
        <ExpressionInput
          control={{ ...p.control, id: undefined }}
          label={p.label}
          text={text}
          onText={(next) => p.onChange(next === "" ? undefined : next)}
          onBlur={p.onBlur}
          placeholder={p.schema["x-placeholder"]}
          lines={2}
          mono
        />
      ) : null}
    </>
  );
}

function RowsEditor({ rows, ...p }: WidgetProps & { rows: Rows }) {
  const { readOnly } = useFormHelp();
  const tests = rows.tests.length > 0 ? rows.tests : [EMPTY];
  const set = (next: Partial<Rows>) => p.onChange(fromRows({ ...rows, tests, ...next }));
  const change = (at: number, test: Partial<Test>) =>
    set({ tests: tests.map((x, i) => (i === at ? tidied({ ...x, ...test }) : x)) });
  return (
    <>
      {tests.map((test, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of a condition have no identity but their place
        <div key={i} className={styles.card}>
          <span className={styles.row}>
            <ExpressionInput
              control={{}}
              label={t.forms.rowOf(p.label, i + 1, t.forms.condition.field)}
              placeholder={t.forms.condition.field}
              text={test.field}
              onText={(field) => change(i, { field })}
              onBlur={p.onBlur}
              mono
            />
            <Button
              look="ghost"
              size="sm"
              disabled={readOnly}
              label={t.forms.removeRow(p.label, i + 1)}
              icon={<X size={14} aria-hidden />}
              onClick={() => set({ tests: tests.filter((_, at) => at !== i) })}
            />
          </span>
          <span className={styles.row}>
            <Select
              aria-label={t.forms.rowOf(p.label, i + 1, t.forms.condition.operator)}
              disabled={readOnly}
              value={test.operator}
              options={OPERATORS.map((value) => ({
                value,
                label: t.forms.condition.operators[value],
              }))}
              onChange={(e) => change(i, { operator: e.target.value as Operator })}
            />
            {hasValue(test.operator) ? (
              <ExpressionInput
                control={{}}
                label={t.forms.rowOf(p.label, i + 1, t.forms.value)}
                placeholder={t.forms.value}
                text={asText(test.value)}
                onText={(value) => change(i, { value })}
                onBlur={p.onBlur}
                mono
              />
            ) : null}
          </span>
        </div>
      ))}
      <span className={styles.row}>
        <Button
          size="sm"
          look="ghost"
          disabled={readOnly}
          icon={<Plus size={14} aria-hidden />}
          label={t.forms.addTo(p.label)}
          onClick={() => set({ tests: [...tests, EMPTY] })}
        >
          {t.forms.add}
        </Button>
        {tests.length > 1 ? (
          <Select
            compact
            aria-label={t.forms.condition.combine}
            disabled={readOnly}
            value={rows.join}
            options={[
              { value: "and", label: t.forms.condition.all },
              { value: "or", label: t.forms.condition.any },
            ]}
            onChange={(e) => set({ join: e.target.value as "and" | "or" })}
          />
        ) : null}
      </span>
    </>
  );
}

function tidied(test: Test): Test {
  if (hasValue(test.operator)) return { ...test, value: test.value ?? "" };
  return { field: test.field, operator: test.operator };
}
