/*
 * The state of one open editor: the document, what is selected, what can be undone. Made per workflow and
 * dropped with it. The document changes by commands only; what is saved is remembered as a value, so that
 * "unsaved" is a comparison and never a flag that somebody forgot to set.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Definition, Workflow } from "../api/types";
import { type Position, positions } from "../canvas/graph";
import { added, type Command, MERGE_MS, merged } from "./commands";
import { same } from "./graph";

export interface PortEnd {
  node: string;
  port: string;
}

/** Where the palette of steps was asked for, and what the choice is connected to. */
export interface Adding {
  from?: PortEnd;
  edge?: string;
  at?: Position;
}

export interface EditorState {
  definition: Definition;
  saved: Definition;
  etag: number;
  /** The version that the document began as. */
  version: number;
  saving: boolean;
  savedAtMs: number | null;
  nodes: readonly string[];
  edges: readonly string[];
  /** The node whose properties are open. */
  open: string | null;
  adding: Adding | null;
  connecting: string | null;
  done: readonly Command[];
  undone: readonly Command[];
  doneAtMs: number;
  /** Read by the live region and shown for a moment: what was undone, why a drop was refused. */
  notice: { text: string; n: number };
  runId: string | null;
}

export interface EditorStore extends StoreApi<EditorState> {
  run: (command: Command, nowMs?: number) => void;
  undo: () => Command | undefined;
  redo: () => Command | undefined;
  select: (nodes: readonly string[], edges?: readonly string[]) => void;
  say: (text: string) => void;
}

export function makeStore(workflow: Workflow): EditorStore {
  const definition = placed(workflow.definition);
  const store = createStore<EditorState>(() => ({
    definition,
    saved: definition,
    etag: workflow.etag,
    version: workflow.draft_version,
    saving: false,
    savedAtMs: null,
    nodes: [],
    edges: [],
    open: null,
    adding: null,
    connecting: null,
    done: [],
    undone: [],
    doneAtMs: 0,
    notice: { text: "", n: 0 },
    runId: null,
  }));

  const show = (next: Definition) => {
    const { nodes, open } = store.getState();
    const known = new Set(next.nodes.map((n) => n.id));
    return {
      definition: next,
      nodes: nodes.filter((id) => known.has(id)),
      edges: [],
      open: open !== null && known.has(open) ? open : null,
    };
  };

  return Object.assign(store, {
    run(command: Command, nowMs = performance.now()) {
      const { definition: at, done, doneAtMs } = store.getState();
      const last = done.at(-1);
      const isMore =
        last?.merge !== undefined && last.merge === command.merge && nowMs - doneAtMs < MERGE_MS;
      const next = command.do(at);
      const fresh = added(command);
      store.setState({
        ...show(next),
        ...(fresh.length > 0 ? { nodes: fresh } : {}),
        done: isMore && last ? [...done.slice(0, -1), merged(last, command)] : [...done, command],
        undone: [],
        doneAtMs: nowMs,
      });
    },
    undo() {
      const { definition: at, done, undone } = store.getState();
      const last = done.at(-1);
      if (!last) return undefined;
      store.setState({
        ...show(last.undo(at)),
        done: done.slice(0, -1),
        undone: [...undone, last],
        doneAtMs: 0,
      });
      return last;
    },
    redo() {
      const { definition: at, done, undone } = store.getState();
      const next = undone.at(-1);
      if (!next) return undefined;
      store.setState({
        ...show(next.do(at)),
        done: [...done, next],
        undone: undone.slice(0, -1),
        doneAtMs: 0,
      });
      return next;
    },
    select(nodes: readonly string[], edges: readonly string[] = []) {
      store.setState({ nodes, edges });
    },
    say(text: string) {
      store.setState(({ notice }) => ({ notice: { text, n: notice.n + 1 } }));
    },
  });
}

export function isDirty(state: Pick<EditorState, "definition" | "saved">): boolean {
  return !same(state.definition, state.saved);
}

/** A definition written by hand has no places; from here on each node has one. */
export function placed(definition: Definition): Definition {
  if (definition.nodes.every((n) => n.position)) return definition;
  const places = positions(definition);
  return {
    ...definition,
    nodes: definition.nodes.map((n) => ({
      ...n,
      position: { ...(places.get(n.id) ?? { x: 0, y: 0 }) },
    })),
  };
}
