import type { DefinitionNode } from "../../api/types";
import { FormItem } from "../../forms/FormItem";
import type { FieldSchema } from "../../forms/schema";
import { t } from "../../text/en";
import { span } from "../../text/format";
import { setField } from "../commands";
import { useEditor } from "../context";
import type { Path } from "../ops";
import { RETRY, waits } from "../retry";
import styles from "./Panel.module.css";

interface Row {
  path: Path;
  value: unknown;
  schema: FieldSchema;
}

/** What happens when the step fails: tries, time limit, and where the run goes then. */
export function ErrorsTab({ node }: { node: DefinitionNode }) {
  const { store, types } = useEditor();
  const type = types.get(node.type);
  const standard = type?.retry ? RETRY.max_attempts : 0;
  const retry = node.retry ?? {};
  const plan = waits(retry, standard);
  const literal = { "x-literal": true };
  const failures: FieldSchema = { ...literal, type: "array", items: { type: "string" } };
  const rows: Row[] = [
    {
      path: ["on_error"],
      value: node.on_error,
      schema: {
        ...literal,
        title: t.editor.on_error,
        description: t.editor.onErrorHint,
        type: "string",
        enum: ["fail", "continue", "port"],
        default: "fail",
        "x-enum-titles": [t.editor.onError.fail, t.editor.onError.continue, t.editor.onError.port],
      },
    },
    {
      path: ["timeout_ms"],
      value: node.timeout_ms,
      schema: {
        ...literal,
        title: t.editor.timeout,
        description: t.editor.timeoutHint,
        type: "integer",
        minimum: 1,
        "x-widget": "duration",
      },
    },
    {
      path: ["retry", "max_attempts"],
      value: retry.max_attempts,
      schema: {
        ...literal,
        title: t.editor.tries,
        description: t.editor.triesHint(standard),
        type: "integer",
        minimum: 0,
        maximum: 50,
        default: standard,
        "x-widget": "number",
      },
    },
    {
      path: ["retry", "initial_interval_ms"],
      value: retry.initial_interval_ms,
      schema: {
        ...literal,
        title: t.editor.firstWait,
        type: "integer",
        default: RETRY.initial_interval_ms,
        "x-widget": "duration",
      },
    },
    {
      path: ["retry", "backoff"],
      value: retry.backoff,
      schema: { ...literal, title: t.editor.growth, type: "number", default: RETRY.backoff },
    },
    {
      path: ["retry", "max_interval_ms"],
      value: retry.max_interval_ms,
      schema: {
        ...literal,
        title: t.editor.longestWait,
        type: "integer",
        default: RETRY.max_interval_ms,
        "x-widget": "duration",
      },
    },
    {
      path: ["retry", "retry_on"],
      value: retry.retry_on,
      schema: { ...failures, title: t.editor.retryOn, description: t.editor.retryOnHint },
    },
    {
      path: ["retry", "give_up_on"],
      value: retry.give_up_on,
      schema: { ...failures, title: t.editor.giveUpOn, description: t.editor.giveUpOnHint },
    },
  ];
  const shown = plan.length === 0 ? rows.slice(0, 3) : rows;
  return (
    <div className={styles.body}>
      {shown.map((row) => (
        <FormItem
          key={row.path.join(".")}
          field={{ name: String(row.path.at(-1)), schema: row.schema, required: false }}
          value={row.value}
          siblings={{}}
          onChange={(value) =>
            store.run(setField(store.getState().definition, node.id, row.path, value))
          }
          onBlur={() => {}}
        />
      ))}
      {plan.length > 0 ? (
        <p className={styles.hint}>{t.editor.retryPlan(plan.slice(0, 6).map(span).join(", "))}</p>
      ) : null}
    </div>
  );
}
