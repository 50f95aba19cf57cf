import type { DefinitionNode } from "../../api/types";
import { t } from "../../text/en";
import { Field } from "../../ui/Field";
import { Textarea } from "../../ui/Input";
import { setField } from "../commands";
import { useEditor } from "../context";
import styles from "./Panel.module.css";

export function NotesTab({ node }: { node: DefinitionNode }) {
  const { store, readOnly } = useEditor();
  return (
    <div className={styles.body}>
      <Field label={t.editor.notesLabel} hint={t.editor.notesHint}>
        {(control) => (
          <Textarea
            {...control}
            rows={8}
            disabled={readOnly}
            value={node.notes ?? ""}
            onChange={(e) =>
              store.run(
                setField(
                  store.getState().definition,
                  node.id,
                  ["notes"],
                  e.target.value || undefined,
                ),
              )
            }
          />
        )}
      </Field>
    </div>
  );
}
