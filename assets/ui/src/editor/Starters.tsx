import { kindOf } from "../canvas/kinds";
import { Tile } from "../canvas/Tile";
import { t } from "../text/en";
import { addStep } from "./adding";
import { useEditor, useEditorState } from "./context";
import styles from "./Starters.module.css";

/** An empty canvas asks the first question: a card for each trigger. */
export function Starters() {
  const { store, types, typeList, readOnly } = useEditor();
  const isEmpty = useEditorState((s) => s.definition.nodes.length === 0);
  const adding = useEditorState((s) => s.adding !== null);
  if (!isEmpty || adding || readOnly) return null;
  return (
    <div className={styles.box}>
      <h2 className={styles.title}>{t.editor.emptyTitle}</h2>
      <ul className={styles.cards}>
        {typeList
          .filter((type) => type.trigger)
          .map((type) => (
            <li key={type.type}>
              <button
                type="button"
                className={styles.card}
                onClick={() => {
                  const { definition } = store.getState();
                  store.run(addStep(definition, type, {}, [], types, { x: 0, y: 0 }));
                  store.setState({ open: store.getState().nodes[0] ?? null });
                }}
              >
                <Tile kind={kindOf(type.type, type.group)} />
                <b>{type.name}</b>
                <span>{type.description}</span>
              </button>
            </li>
          ))}
      </ul>
    </div>
  );
}
