import { useReactFlow } from "@xyflow/react";
import type { NodeType } from "../api/types";
import { kindOf, nameOf } from "../canvas/kinds";
import { Tile } from "../canvas/Tile";
import { t } from "../text/en";
import { PaletteDialog, PaletteGroup, PaletteItem } from "../ui/PaletteDialog";
import { addStep } from "./adding";
import { useEditor, useEditorState } from "./context";
import styles from "./Palette.module.css";

const ORDER = ["trigger", "action", "data", "logic", "human", "ai"];

/** Steps by group, searchable by name and description. The choice lands where it was asked for. */
export function Palette() {
  const adding = useEditorState((s) => s.adding);
  const { store, types, typeList } = useEditor();
  const flow = useReactFlow();
  if (!adding) return null;
  const groups = [...new Set([...ORDER, ...typeList.map((x) => x.group)])]
    .map((group) => ({ group, list: typeList.filter((x) => x.group === group) }))
    .filter(({ group, list }) => list.length > 0 && !(adding.from && group === "trigger"));
  const choose = (type: NodeType) => {
    const { definition, nodes } = store.getState();
    const frame = document.querySelector(".react-flow")?.getBoundingClientRect();
    const middle = flow.screenToFlowPosition({
      x: (frame?.left ?? 0) + (frame?.width ?? 0) / 2,
      y: (frame?.top ?? 0) + (frame?.height ?? 0) / 2,
    });
    const command = addStep(definition, type, adding, nodes, types, middle);
    store.run(command);
    store.setState({ adding: null, open: store.getState().nodes[0] ?? null });
  };
  return (
    <PaletteDialog
      label={t.editor.palette}
      text={t.editor.paletteText}
      search={t.editor.paletteSearch}
      empty={t.editor.paletteEmpty}
      filter={fits}
      aside={<Where />}
      onClose={() => store.setState({ adding: null })}
    >
      {groups.map(({ group, list }) => (
        <PaletteGroup key={group} heading={t.editor.groups[group] ?? group}>
          {list.map((type) => (
            <PaletteItem
              key={type.type}
              value={`${type.name} ${type.type}`}
              keywords={[type.description]}
              onSelect={() => choose(type)}
            >
              <Tile kind={kindOf(type.type, type.group)} />
              <span className={styles.words}>
                <b>{type.name}</b>
                <small>{type.description}</small>
              </span>
            </PaletteItem>
          ))}
        </PaletteGroup>
      ))}
    </PaletteDialog>
  );
}

/** The name first, then what it says about itself; no letters picked out of words. */
function fits(value: string, search: string, keywords: string[] = []): number {
  const wanted = search.trim().toLowerCase();
  const name = value.toLowerCase();
  if (name.startsWith(wanted)) return 1;
  if (name.includes(wanted)) return 0.8;
  return keywords.join(" ").toLowerCase().includes(wanted) ? 0.4 : 0;
}

/** Says where the step will go, if not simply to the middle. */
function Where() {
  const adding = useEditorState((s) => s.adding);
  const after = useEditorState((s) => {
    const id = s.adding?.from?.node ?? (s.nodes.length === 1 ? s.nodes[0] : undefined);
    const node = s.definition.nodes.find((n) => n.id === id);
    return node ? nameOf(node) : undefined;
  });
  if (adding?.edge) return <span className={styles.where}>{t.editor.paletteOnEdge}</span>;
  return after ? <span className={styles.where}>{t.editor.paletteAfter(after)}</span> : null;
}
