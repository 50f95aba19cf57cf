import type { Connector } from "../../api/types";
import type { FieldIssue } from "../../forms/check";
import { SchemaForm } from "../../forms/SchemaForm";
import { t } from "../../text/en";
import { Field } from "../../ui/Field";
import { Input, Select } from "../../ui/Input";
import { type Draft, issuesIn, schemasOf, withField } from "./draft";
import styles from "./page.module.css";

interface ConnectionFieldsProps {
  kind: Connector;
  draft: Draft;
  issues: readonly FieldIssue[];
  /** There is a secret already, which an empty field keeps; who may use it is said by sharing it. */
  stored?: boolean;
  readOnly?: boolean;
  onChange: (draft: Draft) => void;
}

const WHO = [
  { value: "workspace", label: t.connections.everybody },
  { value: "private", label: t.connections.onlyMe },
];

/** Name, what is no secret, and the secret: the forms of its kind. */
export function ConnectionFields(p: ConnectionFieldsProps) {
  const { draft, readOnly = false } = p;
  const schemas = schemasOf(p.kind);
  const change = (part: Partial<Draft>) => p.onChange({ ...draft, ...part });
  return (
    <>
      <Field label={t.connections.name} error={p.issues.find((i) => i.path === "name")?.text}>
        {(control) => (
          <Input
            {...control}
            value={draft.name}
            maxLength={255}
            disabled={readOnly}
            placeholder={t.connections.namePlaceholder}
            onChange={(e) => change({ name: e.target.value })}
          />
        )}
      </Field>
      {Object.keys(schemas.config.properties ?? {}).length > 0 ? (
        <SchemaForm
          key={`config ${p.kind.name}`}
          schema={schemas.config}
          config={draft.config}
          issues={issuesIn(p.issues, "config")}
          readOnly={readOnly}
          onField={(name, value) => change({ config: withField(draft.config, name, value) })}
        />
      ) : null}
      {readOnly ? null : (
        <fieldset className={styles.secret}>
          <legend>{p.stored ? t.connections.newSecret : t.connections.secret}</legend>
          <p className={styles.soft}>
            {p.stored ? t.connections.newSecretText : t.connections.secretText}
          </p>
          <SchemaForm
            key={`secret ${p.kind.name}`}
            schema={schemas.secret}
            config={draft.secret}
            issues={issuesIn(p.issues, "secret")}
            onField={(name, value) => change({ secret: withField(draft.secret, name, value) })}
          />
        </fieldset>
      )}
      {p.stored ? null : (
        <Field label={t.connections.who}>
          {(control) => (
            <Select
              {...control}
              value={draft.visibility}
              options={WHO}
              onChange={(e) => change({ visibility: e.target.value as Draft["visibility"] })}
            />
          )}
        </Field>
      )}
    </>
  );
}
