/*
 * What can be done in the editor, as one table: keys, the `?` sheet and the hints of buttons are drawn from it.
 * Single letters are off while a field has the focus.
 */
import { t } from "../text/en";

export interface Doing {
  add: () => void;
  open: () => void;
  escape: () => void;
  remove: () => void;
  rename: () => void;
  duplicate: () => void;
  toggle: () => void;
  selectAll: () => void;
  undo: () => void;
  redo: () => void;
  save: () => void;
  run: () => void;
  tidy: () => void;
  keys: () => void;
  zoom: (to: "in" | "out" | "fit" | "actual") => void;
  walk: (direction: "left" | "right" | "up" | "down") => void;
  nudge: (x: number, y: number) => void;
  issue: (step: 1 | -1) => void;
}

export interface EditorAction {
  id: string;
  label: string;
  group: keyof typeof t.editor.group;
  keys: readonly string[];
  writes?: boolean;
  /** Also while a field has the focus. */
  everywhere?: boolean;
  /** Only when the focus is on the canvas: elsewhere the key belongs to the control. */
  onCanvas?: boolean;
  /** The browser's own clipboard events do it; it stands here to be told. */
  native?: boolean;
  run: (doing: Doing) => void;
}

const k = t.editor.key;
const none = () => {};

export const KEYMAP: readonly EditorAction[] = [
  {
    id: "add",
    label: t.editor.addStep,
    group: "edit",
    keys: ["N"],
    writes: true,
    run: (d) => d.add(),
  },
  {
    id: "open",
    label: k.open,
    group: "edit",
    keys: ["Enter"],
    onCanvas: true,
    run: (d) => d.open(),
  },
  {
    id: "rename",
    label: t.editor.rename,
    group: "edit",
    keys: ["F2"],
    writes: true,
    run: (d) => d.rename(),
  },
  {
    id: "remove",
    label: t.editor.delete,
    group: "edit",
    keys: ["Delete", "Backspace"],
    writes: true,
    run: (d) => d.remove(),
  },
  {
    id: "toggle",
    label: k.toggle,
    group: "edit",
    keys: ["D"],
    writes: true,
    run: (d) => d.toggle(),
  },
  {
    id: "duplicate",
    label: t.editor.duplicate,
    group: "edit",
    keys: ["Ctrl+D"],
    writes: true,
    run: (d) => d.duplicate(),
  },
  { id: "copy", label: t.editor.copy, group: "edit", keys: ["Ctrl+C"], native: true, run: none },
  { id: "cut", label: t.editor.cut, group: "edit", keys: ["Ctrl+X"], native: true, run: none },
  { id: "paste", label: k.paste, group: "edit", keys: ["Ctrl+V"], native: true, run: none },
  {
    id: "undo",
    label: t.editor.undo,
    group: "edit",
    keys: ["Ctrl+Z"],
    writes: true,
    run: (d) => d.undo(),
  },
  {
    id: "redo",
    label: t.editor.redo,
    group: "edit",
    keys: ["Ctrl+Shift+Z", "Ctrl+Y"],
    writes: true,
    run: (d) => d.redo(),
  },
  {
    id: "tidy",
    label: t.editor.tidy,
    group: "edit",
    keys: ["Shift+Alt+T"],
    writes: true,
    run: (d) => d.tidy(),
  },
  {
    id: "select-all",
    label: k.selectAll,
    group: "move",
    keys: ["Ctrl+A"],
    run: (d) => d.selectAll(),
  },
  {
    id: "escape",
    label: k.escape,
    group: "move",
    keys: ["Escape"],
    everywhere: true,
    run: (d) => d.escape(),
  },
  {
    id: "next",
    label: k.next,
    group: "move",
    keys: ["ArrowRight"],
    onCanvas: true,
    run: (d) => d.walk("right"),
  },
  {
    id: "previous",
    label: k.previous,
    group: "move",
    keys: ["ArrowLeft"],
    onCanvas: true,
    run: (d) => d.walk("left"),
  },
  {
    id: "up",
    label: k.up,
    group: "move",
    keys: ["ArrowUp"],
    onCanvas: true,
    run: (d) => d.walk("up"),
  },
  {
    id: "down",
    label: k.down,
    group: "move",
    keys: ["ArrowDown"],
    onCanvas: true,
    run: (d) => d.walk("down"),
  },
  {
    id: "move-left",
    label: k.moveLeft,
    group: "move",
    keys: ["Alt+ArrowLeft"],
    writes: true,
    onCanvas: true,
    run: (d) => d.nudge(-1, 0),
  },
  {
    id: "move-right",
    label: k.moveRight,
    group: "move",
    keys: ["Alt+ArrowRight"],
    writes: true,
    onCanvas: true,
    run: (d) => d.nudge(1, 0),
  },
  {
    id: "move-up",
    label: k.moveUp,
    group: "move",
    keys: ["Alt+ArrowUp"],
    writes: true,
    onCanvas: true,
    run: (d) => d.nudge(0, -1),
  },
  {
    id: "move-down",
    label: k.moveDown,
    group: "move",
    keys: ["Alt+ArrowDown"],
    writes: true,
    onCanvas: true,
    run: (d) => d.nudge(0, 1),
  },
  { id: "fit", label: k.fit, group: "view", keys: ["1"], run: (d) => d.zoom("fit") },
  { id: "actual", label: k.actual, group: "view", keys: ["0"], run: (d) => d.zoom("actual") },
  { id: "zoom-in", label: k.zoomIn, group: "view", keys: ["+", "="], run: (d) => d.zoom("in") },
  { id: "zoom-out", label: k.zoomOut, group: "view", keys: ["-"], run: (d) => d.zoom("out") },
  {
    id: "next-issue",
    label: k.nextIssue,
    group: "view",
    keys: ["F8"],
    everywhere: true,
    run: (d) => d.issue(1),
  },
  {
    id: "previous-issue",
    label: k.previousIssue,
    group: "view",
    keys: ["Shift+F8"],
    everywhere: true,
    run: (d) => d.issue(-1),
  },
  {
    id: "save",
    label: t.editor.save,
    group: "file",
    keys: ["Ctrl+S"],
    writes: true,
    everywhere: true,
    run: (d) => d.save(),
  },
  {
    id: "run",
    label: t.editor.run,
    group: "file",
    keys: ["Ctrl+Enter"],
    everywhere: true,
    run: (d) => d.run(),
  },
  { id: "keys", label: t.editor.keys, group: "file", keys: ["?"], run: (d) => d.keys() },
];

interface KeyStroke {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** "Ctrl+Shift+Z". Shift isn't named for signs, where it is part of typing them. */
export function strokeOf(e: KeyStroke): string {
  const isLetter = /^[a-z]$/i.test(e.key);
  const isNamed = e.key.length > 1;
  return [
    e.ctrlKey || e.metaKey ? "Ctrl" : "",
    e.shiftKey && (isLetter || isNamed) ? "Shift" : "",
    e.altKey ? "Alt" : "",
    isLetter ? e.key.toUpperCase() : e.key,
  ]
    .filter(Boolean)
    .join("+");
}

export interface Place {
  inField: boolean;
  onCanvas: boolean;
  readOnly: boolean;
}

export function actionFor(stroke: string, place: Place): EditorAction | undefined {
  const action = KEYMAP.find((a) => a.keys.includes(stroke));
  if (!action || action.native) return undefined;
  if (place.inField && !action.everywhere) return undefined;
  if (action.onCanvas && !place.onCanvas) return undefined;
  if (action.writes && place.readOnly) return undefined;
  return action;
}

/** As it stands in a tooltip: "Ctrl+Z". */
export function keysOf(id: string): string | undefined {
  return KEYMAP.find((a) => a.id === id)?.keys[0];
}
