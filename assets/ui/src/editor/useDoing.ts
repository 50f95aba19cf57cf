import { useReactFlow } from "@xyflow/react";
import { useEffect, useEffectEvent, useRef } from "react";
import { NODE_HEIGHT, NODE_WIDTH, type Position, topological } from "../canvas/graph";
import { t } from "../text/en";
import { toast } from "../ui/Toast";
import { GRID } from "./adding";
import { fromText, toText } from "./clipboard";
import { move, paste, remove, setDisabled, tidy } from "./commands";
import { useEditor } from "./context";
import type { Issue } from "./issues";
import { actionFor, type Doing, strokeOf } from "./keymap";
import { neighbour } from "./walk";
import { tidyPlaces } from "./worker/places";

interface Outside {
  save: () => void;
  run: () => void;
  keys: () => void;
  issues: readonly Issue[];
}

export interface EditorDoing extends Doing {
  copy: (cut?: boolean) => void;
  show: (node: string) => void;
}

/** What can be done, tied to this editor's store and canvas. */
export function useDoing({ save, run, keys, issues }: Outside): EditorDoing {
  const { store, types } = useEditor();
  const flow = useReactFlow();
  const issueAt = useRef(-1);
  const get = store.getState;

  const show = (id: string) => {
    const node = get().definition.nodes.find((n) => n.id === id);
    if (!node?.position) return;
    const { x, y } = node.position;
    const zoom = Math.max(flow.getZoom(), READABLE);
    // A sheet over the lower part of the canvas moves the middle of what can be seen upwards.
    const covered = coveredHeight() / 2 / zoom;
    void flow.setCenter(x + NODE_WIDTH / 2, y + NODE_HEIGHT / 2 + covered, { zoom });
  };
  const pick = (id: string) => {
    store.select([id]);
    if (get().open !== null) store.setState({ open: id });
    if (!isSeen(id)) show(id);
    requestAnimationFrame(() => requestAnimationFrame(() => nodeElement(id)?.focus()));
  };
  const put = (piece: Parameters<typeof paste>[1], shift: Position) =>
    store.run(paste(get().definition, piece, types, shift));
  const chosenPiece = () => fromText(toText(get().definition, get().nodes));

  return {
    show,
    save,
    run,
    keys,
    add: () =>
      store.setState((s) => ({ adding: { edge: s.nodes.length ? undefined : s.edges[0] } })),
    open: () => {
      const [id] = get().nodes;
      if (!id) return;
      store.setState({ open: id });
      requestAnimationFrame(() => focusPanel("input, textarea, select, button[role=switch]"));
    },
    escape: () => {
      const { open, nodes, edges } = get();
      if (open !== null) {
        store.setState({ open: null });
        requestAnimationFrame(() => nodeElement(open)?.focus());
      } else if (nodes.length + edges.length > 0) store.select([]);
    },
    remove: () => {
      const { definition, nodes, edges } = get();
      if (nodes.length + edges.length > 0) store.run(remove(definition, nodes, edges));
    },
    rename: () => {
      const [id] = get().nodes;
      if (!id) return;
      store.setState({ open: id });
      requestAnimationFrame(() => focusPanel("[data-name]"));
    },
    duplicate: () => {
      const piece = chosenPiece();
      if (piece) put(piece, { x: 2 * GRID, y: 2 * GRID + NODE_HEIGHT });
    },
    toggle: () => {
      const { definition, nodes } = get();
      const off = definition.nodes.filter((n) => nodes.includes(n.id)).every((n) => n.disabled);
      if (nodes.length > 0) store.run(setDisabled(definition, nodes, !off));
    },
    selectAll: () => store.select(get().definition.nodes.map((n) => n.id)),
    undo: () => {
      const was = store.undo();
      if (was) store.say(t.editor.undid(was.label));
    },
    redo: () => {
      const was = store.redo();
      if (was) store.say(t.editor.redid(was.label));
    },
    tidy: () => {
      const { definition } = get();
      void tidyPlaces(definition).then((to) => {
        if (get().definition !== definition) return;
        store.run(tidy(definition, to));
        requestAnimationFrame(() => void flow.fitView({ padding: 0.2, maxZoom: 1 }));
      });
    },
    zoom: (to) => {
      if (to === "in") void flow.zoomIn();
      else if (to === "out") void flow.zoomOut();
      else if (to === "actual") void flow.zoomTo(1);
      else void flow.fitView({ padding: 0.2, maxZoom: 1 });
    },
    walk: (direction) => {
      const { definition, nodes } = get();
      const [at] = nodes;
      const next = at ? neighbour(definition, at, direction) : topological(definition)[0]?.id;
      if (next) pick(next);
    },
    nudge: (x, y) => {
      const { definition, nodes } = get();
      const to = definition.nodes.flatMap((n): [string, Position][] =>
        nodes.includes(n.id) && n.position
          ? [[n.id, { x: n.position.x + x * GRID, y: n.position.y + y * GRID }]]
          : [],
      );
      if (to.length > 0) store.run(move(definition, new Map(to)));
    },
    issue: (step) => {
      const list = issues.filter((i) => i.node !== null);
      if (list.length === 0) return store.say(t.editor.noIssue);
      issueAt.current = (issueAt.current + step + list.length) % list.length;
      const issue = list[issueAt.current];
      if (!issue?.node) return;
      store.setState({ open: issue.node, nodes: [issue.node], edges: [] });
      show(issue.node);
      store.say(t.editor.issueOf(issue.name, issue.text));
    },
    copy: (cut) => {
      const { definition, nodes } = get();
      if (nodes.length === 0) return;
      navigator.clipboard.writeText(toText(definition, nodes)).then(
        () => {
          store.say(t.editor.copied(nodes.length));
          if (cut) store.run(remove(definition, nodes));
        },
        () => toast({ tone: "danger", title: t.editor.copyRefused }),
      );
    },
  };
}

function nodeElement(id: string): HTMLElement | null {
  return document.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
}

const READABLE = 0.6;

/** How much of the canvas the panel lies over: it does on a phone, where it is a sheet. */
function coveredHeight(): number {
  const frame = document.querySelector(".react-flow")?.getBoundingClientRect();
  const panel = document.querySelector("[data-panel]")?.getBoundingClientRect();
  if (!frame || !panel || panel.left >= frame.right) return 0;
  return Math.max(0, frame.bottom - panel.top);
}

function isSeen(id: string): boolean {
  const box = nodeElement(id)?.getBoundingClientRect();
  const frame = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (!box || !frame) return false;
  const bottom = frame.bottom - coveredHeight();
  return (
    box.left >= frame.left &&
    box.right <= frame.right &&
    box.top >= frame.top &&
    box.bottom <= bottom
  );
}

function focusPanel(selector: string): void {
  const field = document.querySelector<HTMLElement>(
    `[data-panel] :is(${selector}):not([disabled])`,
  );
  field?.focus();
  if (field instanceof HTMLInputElement && field.dataset.name !== undefined) field.select();
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

function isOnCanvas(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target === document.body || target.id === "content") return true;
  return target.closest(".react-flow") !== null && target.tagName !== "BUTTON";
}

/** The step whose properties open stays in view. */
export function useSeen(doing: EditorDoing): void {
  const { store } = useEditor();
  const look = useEffectEvent((id: string) => {
    if (!isSeen(id)) doing.show(id);
  });
  useEffect(
    () =>
      store.subscribe((now, before) => {
        const { open } = now;
        if (open === null || open === before.open) return;
        // Two frames: the panel takes its room from the canvas first.
        requestAnimationFrame(() => requestAnimationFrame(() => look(open)));
      }),
    [store],
  );
}

/** Keys and the browser's clipboard events, for as long as the editor is open. */
export function useEditorKeys(doing: EditorDoing): void {
  const { store, types, readOnly } = useEditor();
  const flow = useReactFlow();
  const pointer = useRef<Position | null>(null);

  const lastKey = useRef("");

  /** Whoever walks with Tab means the step that has the focus. */
  const onFocus = useEffectEvent((event: FocusEvent) => {
    const target = event.target as HTMLElement;
    const id = target.classList.contains("react-flow__node") ? target.dataset.id : undefined;
    if (id && lastKey.current === "Tab") store.select([id]);
  });
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    lastKey.current = event.key;
    if (event.defaultPrevented || document.querySelector("[role=dialog], [role=menu]")) return;
    const place = {
      inField: isField(event.target),
      onCanvas: isOnCanvas(event.target),
      readOnly,
    };
    const action = actionFor(strokeOf(event), place);
    if (!action) return;
    event.preventDefault();
    action.run(doing);
  });
  const onClipboard = useEffectEvent((event: ClipboardEvent) => {
    const isBusy = isField(event.target) || document.querySelector("[role=dialog]");
    if (isBusy || !event.clipboardData || !getSelection()?.isCollapsed) return;
    const { definition, nodes } = store.getState();
    if (event.type === "paste") {
      if (readOnly) return;
      const piece = fromText(event.clipboardData.getData("text/plain"));
      if (!piece) return store.say(t.editor.pasteNone);
      event.preventDefault();
      store.run(paste(definition, piece, types, shiftOf(piece.nodes)));
      return;
    }
    if (nodes.length === 0) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", toText(definition, nodes));
    store.say(t.editor.copied(nodes.length));
    if (event.type === "cut" && !readOnly) store.run(remove(definition, nodes));
  });
  /** At the pointer when it is over the canvas, else a little off the original. */
  const shiftOf = (nodes: readonly { position?: Position }[]): Position => {
    const xs = nodes.map((n) => n.position?.x ?? 0);
    const ys = nodes.map((n) => n.position?.y ?? 0);
    if (!pointer.current) return { x: 2 * GRID, y: 2 * GRID };
    const at = flow.screenToFlowPosition(pointer.current, { snapToGrid: true });
    return { x: at.x - Math.min(...xs), y: at.y - Math.min(...ys) };
  };

  useEffect(() => {
    const key = (e: KeyboardEvent) => onKey(e);
    const clip = (e: ClipboardEvent) => onClipboard(e);
    const point = (e: PointerEvent) => {
      const isOver = (e.target as Element).closest?.(".react-flow");
      pointer.current = isOver ? { x: e.clientX, y: e.clientY } : null;
    };
    const focus = (e: FocusEvent) => onFocus(e);
    document.addEventListener("keydown", key);
    document.addEventListener("focusin", focus);
    document.addEventListener("pointermove", point, { passive: true });
    for (const type of ["copy", "cut", "paste"] as const) document.addEventListener(type, clip);
    return () => {
      document.removeEventListener("keydown", key);
      document.removeEventListener("focusin", focus);
      document.removeEventListener("pointermove", point);
      for (const type of ["copy", "cut", "paste"] as const)
        document.removeEventListener(type, clip);
    };
  }, []);
}
