import { useMemo, useState } from "react";
import { t } from "../text/en";
import { check, type FieldIssue } from "./check";
import type { Roots } from "./expression";
import styles from "./Form.module.css";
import { FormFields } from "./FormFields";
import { FormItem } from "./FormItem";
import { type Config, type FieldSchema, fieldsOf, restOf } from "./schema";
import { FormHelpContext } from "./widget";

interface SchemaFormProps {
  schema: FieldSchema;
  config: Config;
  onField: (name: string, value: unknown) => void;
  /** What else is wrong, by field: the server's check. */
  issues?: readonly FieldIssue[];
  roots?: Roots;
  readOnly?: boolean;
}

const NO_ROOTS: Roots = {};

/** The form of a node's config, made from its type's JSON Schema. Errors appear when a field is left. */
export function SchemaForm({
  schema,
  config,
  onField,
  issues = [],
  roots = NO_ROOTS,
  readOnly = false,
}: SchemaFormProps) {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const own = useMemo(() => check(schema, config), [schema, config]);
  const help = useMemo(() => ({ roots, readOnly }), [roots, readOnly]);
  const rest = restOf(schema, config);
  const errorOf = (name: string) => {
    const all = left.has(name) ? [...own, ...issues] : issues;
    return all.find((i) => isWithin(i.path, name))?.text;
  };
  const isEmpty = fieldsOf(schema, config).length === 0 && Object.keys(rest).length === 0;
  const whole = [...issues, ...own].find((i) => i.path === "" && left.size > 0);
  return (
    <FormHelpContext value={help}>
      <div className={styles.form}>
        {isEmpty ? <p className={styles.hint}>{t.forms.noFields}</p> : null}
        <FormFields
          schema={schema}
          config={config}
          onField={onField}
          onBlur={(name) => setLeft((old) => new Set([...old, name]))}
          errorOf={errorOf}
        />
        {whole ? <p className={styles.error}>{whole.text}</p> : null}
        {Object.entries(rest).map(([name, value]) => (
          <FormItem
            key={name}
            field={{
              name,
              required: false,
              schema: { title: `${t.forms.other}: ${name}`, description: t.forms.otherHint },
            }}
            value={value}
            siblings={config}
            onChange={(next) => onField(name, next)}
            onBlur={() => {}}
          />
        ))}
      </div>
    </FormHelpContext>
  );
}

/** "headers.Accept" and "rules[0].port" belong to the fields headers and rules. */
export function isWithin(path: string, name: string): boolean {
  return path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`);
}
