import { useLocation } from "wouter";
import { useMe, useSwitchWorkspace } from "../../../api/session";

/** Goes on in another workspace of mine, or in the one that the server proposes. */
export function useElsewhere(id: string): () => void {
  const me = useMe();
  const switchTo = useSwitchWorkspace();
  const [, navigate] = useLocation();
  return () => {
    const other = me.memberships.find((m) => m.workspace_id !== id);
    navigate("/");
    switchTo(other?.workspace_id ?? "");
  };
}
