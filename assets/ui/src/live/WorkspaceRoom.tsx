import { useRoom } from "./useLive";

/** The room that keeps lists and cards true; it is joined for as long as somebody is signed in. */
export function WorkspaceRoom() {
  useRoom("workspace", {});
  return null;
}
