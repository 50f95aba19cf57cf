import { ChevronUp, Ellipsis, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { DefinitionNode, Step } from "../../api/types";
import { kindOf, nameOf } from "../../canvas/kinds";
import { Tile } from "../../canvas/Tile";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { Menu } from "../../ui/Menu";
import { Tabs } from "../../ui/Tabs";
import { rename } from "../commands";
import { useEditor, useEditorState } from "../context";
import type { Issue } from "../issues";
import type { EditorDoing } from "../useDoing";
import { ErrorsTab } from "./ErrorsTab";
import { NotesTab } from "./NotesTab";
import { useNodeMenu } from "./nodeMenu";
import styles from "./Panel.module.css";
import { ParametersTab } from "./ParametersTab";

interface PanelProps {
  issues: readonly Issue[];
  steps: readonly Step[];
  doing: EditorDoing;
}

const HEIGHTS = ["low", "middle", "high"] as const;

/** The properties of the open step, beside the canvas; on a phone a sheet of three heights. */
export function Panel({ issues, steps, doing }: PanelProps) {
  const node = useEditorState((s) => s.definition.nodes.find((n) => n.id === s.open));
  const [tab, setTab] = useState("parameters");
  const [height, setHeight] = useState(1);
  if (!node) return null;
  const tabs = [
    {
      id: "parameters",
      label: t.editor.parameters,
      content: <ParametersTab key={node.id} node={node} issues={issues} steps={steps} />,
    },
    { id: "errors", label: t.editor.errors, content: <ErrorsTab key={node.id} node={node} /> },
    { id: "notes", label: t.editor.notes, content: <NotesTab key={node.id} node={node} /> },
  ];
  return (
    <aside
      className={cx(styles.panel, styles[HEIGHTS[height] ?? "middle"])}
      aria-label={t.editor.panel}
      data-panel
    >
      <button
        type="button"
        className={styles.grip}
        aria-label={t.editor.panelSize}
        onClick={() => setHeight((height + 1) % HEIGHTS.length)}
      >
        <ChevronUp size={16} aria-hidden />
      </button>
      <Head node={node} doing={doing} />
      <div className={styles.tabs}>
        <Tabs label={t.editor.panel} value={tab} onChange={setTab} tabs={tabs} />
      </div>
    </aside>
  );
}

function Head({ node, doing }: { node: DefinitionNode; doing: EditorDoing }): ReactNode {
  const { store, types, readOnly } = useEditor();
  const groups = useNodeMenu(node, doing);
  const group = types.get(node.type)?.group ?? "action";
  return (
    <header className={styles.head}>
      <Tile kind={kindOf(node.type, group)} />
      <div className={styles.words}>
        <input
          data-name=""
          className={styles.name}
          aria-label={t.editor.nameOf}
          value={node.name ?? ""}
          placeholder={nameOf({ ...node, name: "" })}
          disabled={readOnly}
          maxLength={255}
          onChange={(e) => store.run(rename(store.getState().definition, node.id, e.target.value))}
        />
        <span className={styles.id}>
          {node.id} · {node.type}
        </span>
      </div>
      <Menu
        label={t.editor.actions}
        groups={groups}
        trigger={
          <Button look="ghost" label={t.editor.actions} icon={<Ellipsis size={16} aria-hidden />} />
        }
      />
      <Button
        look="ghost"
        label={t.editor.close}
        icon={<X size={16} aria-hidden />}
        onClick={doing.escape}
      />
    </header>
  );
}
