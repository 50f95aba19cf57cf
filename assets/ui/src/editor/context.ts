/* What the parts of one open editor share: its store, the node types, and what may be done. */
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { NodeType } from "../api/types";
import type { TypeMap } from "./graph";
import type { EditorState, EditorStore } from "./store";

export interface EditorContextValue {
  workflowId: string;
  store: EditorStore;
  types: TypeMap;
  typeList: readonly NodeType[];
  readOnly: boolean;
}

export const EditorContext = createContext<EditorContextValue | null>(null);

export function useEditor(): EditorContextValue {
  const value = useContext(EditorContext);
  if (!value) throw new Error("outside of an editor");
  return value;
}

export function useEditorState<T>(read: (state: EditorState) => T): T {
  return useStore(useEditor().store, read);
}
