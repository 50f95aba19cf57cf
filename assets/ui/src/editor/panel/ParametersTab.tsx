import { useMemo } from "react";
import type { DefinitionNode, Step } from "../../api/types";
import { SchemaForm } from "../../forms/SchemaForm";
import type { FieldSchema } from "../../forms/schema";
import { t } from "../../text/en";
import { setField } from "../commands";
import { useEditor, useEditorState } from "../context";
import { fieldIssues, type Issue } from "../issues";
import { rootsFor } from "../roots";
import { Flags } from "./Flags";
import { HookSecret } from "./HookSecret";
import styles from "./Panel.module.css";

interface ParametersTabProps {
  node: DefinitionNode;
  issues: readonly Issue[];
  steps: readonly Step[];
}

const ANYTHING: FieldSchema = { type: "object" };

export function ParametersTab({ node, issues, steps }: ParametersTabProps) {
  const { store, types, readOnly } = useEditor();
  const definition = useEditorState((s) => s.definition);
  const roots = useMemo(() => rootsFor(definition, node.id, steps), [definition, node.id, steps]);
  const type = types.get(node.type);
  return (
    <div className={styles.body}>
      {node.disabled ? <p className={styles.warning}>{t.editor.disabledHint}</p> : null}
      {type ? <p className={styles.hint}>{type.description}</p> : null}
      <SchemaForm
        schema={(type?.schema as FieldSchema | undefined) ?? ANYTHING}
        config={node.config}
        issues={fieldIssues(issues, node.id)}
        roots={roots}
        readOnly={readOnly}
        onField={(name, value) =>
          store.run(setField(store.getState().definition, node.id, ["config", name], value, name))
        }
      />
      {type && !type.trigger ? <Flags node={node} /> : null}
      {node.type === "webhook" ? <HookSecret node={node} /> : null}
    </div>
  );
}
