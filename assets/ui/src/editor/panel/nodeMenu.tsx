import { Copy, CopyPlus, Link2, PencilLine, Power, Trash2 } from "lucide-react";
import type { DefinitionNode } from "../../api/types";
import { t } from "../../text/en";
import type { MenuItem } from "../../ui/Menu";
import { useEditor } from "../context";
import { keysOf } from "../keymap";
import type { EditorDoing } from "../useDoing";

/** What can be done with one step, from its menu: the way by touch and by keyboard. */
export function useNodeMenu(node: DefinitionNode, doing: EditorDoing): MenuItem[][] {
  const { store, readOnly } = useEditor();
  const act = (run: () => void) => () => {
    store.select([node.id]);
    run();
  };
  const copy: MenuItem = {
    id: "copy",
    label: t.editor.copy,
    hint: keysOf("copy"),
    icon: <Copy size={16} aria-hidden />,
    onSelect: act(() => doing.copy()),
  };
  if (readOnly) return [[copy]];
  return [
    [
      {
        id: "connect",
        label: t.editor.connectTo,
        icon: <Link2 size={16} aria-hidden />,
        onSelect: () => store.setState({ connecting: node.id }),
      },
      {
        id: "rename",
        label: t.editor.rename,
        hint: keysOf("rename"),
        icon: <PencilLine size={16} aria-hidden />,
        onSelect: act(() => setTimeout(doing.rename)),
      },
      {
        id: "toggle",
        label: node.disabled ? t.editor.enable : t.editor.disable,
        hint: keysOf("toggle"),
        icon: <Power size={16} aria-hidden />,
        onSelect: act(doing.toggle),
      },
    ],
    [
      copy,
      {
        id: "duplicate",
        label: t.editor.duplicate,
        hint: keysOf("duplicate"),
        icon: <CopyPlus size={16} aria-hidden />,
        onSelect: act(doing.duplicate),
      },
    ],
    [
      {
        id: "delete",
        label: t.editor.delete,
        hint: keysOf("remove"),
        danger: true,
        icon: <Trash2 size={16} aria-hidden />,
        onSelect: act(doing.remove),
      },
    ],
  ];
}
