import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useEffectEvent,
  useMemo,
} from "react";
import { accessEnded } from "./ended";
import { Live } from "./live";
import type { Message, Seq } from "./rooms";

const LiveContext = createContext<Live | null>(null);

/** Mounted once for each signed-in person and workspace: the socket belongs to the credential. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const live = useMemo(() => new Live(client, () => accessEnded(client)), [client]);
  useEffect(() => () => live.stop(), [live]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** Keeps this room's data true while the component is shown. Nothing happens before the snapshot is there. */
export function useRoom(room: string, snapshot: { after?: Seq } | undefined): void {
  const live = useContext(LiveContext);
  const ready = snapshot !== undefined;
  const after = snapshot?.after;
  const first = useEffectEvent(() => after);
  useEffect(() => (live && ready ? live.read(room, first()) : undefined), [live, room, ready]);
  useEffect(() => live?.rebase(room, after), [live, room, after]);
}

export function useLiveMessages(listener: (message: Message) => void): void {
  const live = useContext(LiveContext);
  const hear = useEffectEvent(listener);
  useEffect(() => live?.listen((message) => hear(message)), [live]);
}
