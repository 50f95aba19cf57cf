import { Plus, Redo2, Undo2, Workflow } from "lucide-react";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { Keys } from "../ui/Keys";
import { Tooltip } from "../ui/Tooltip";
import { useEditor, useEditorState } from "./context";
import { type Doing, keysOf } from "./keymap";
import styles from "./Tools.module.css";

/** On top of the canvas: add, undo, redo, tidy. */
export function Tools({ doing }: { doing: Doing }) {
  const { readOnly } = useEditor();
  const canUndo = useEditorState((s) => s.done.length > 0);
  const canRedo = useEditorState((s) => s.undone.length > 0);
  const isEmpty = useEditorState((s) => s.definition.nodes.length === 0);
  if (readOnly) return null;
  const tools = [
    { id: "undo", label: t.editor.undo, icon: <Undo2 size={16} aria-hidden />, on: canUndo },
    { id: "redo", label: t.editor.redo, icon: <Redo2 size={16} aria-hidden />, on: canRedo },
    { id: "tidy", label: t.editor.tidy, icon: <Workflow size={16} aria-hidden />, on: !isEmpty },
  ] as const;
  return (
    <div className={styles.tools} role="toolbar" aria-label={t.editor.tools}>
      <button type="button" className={styles.add} onClick={doing.add}>
        <Plus size={16} aria-hidden />
        {t.editor.addStep}
        <span className={styles.key} aria-hidden>
          <Keys keys="N" />
        </span>
      </button>
      <hr className={styles.line} />
      {tools.map((tool) => (
        <Tooltip key={tool.id} text={tool.label} keys={keysOf(tool.id)}>
          <Button
            look="ghost"
            label={tool.label}
            icon={tool.icon}
            disabled={!tool.on}
            title=""
            onClick={() => doing[tool.id]()}
          />
        </Tooltip>
      ))}
    </div>
  );
}
