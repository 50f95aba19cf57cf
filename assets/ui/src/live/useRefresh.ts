import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Message } from "./rooms";
import { useLiveMessages } from "./useLive";

/**
 * For what can't be patched from a message (counts, charts, a log made from steps): reads it again when such
 * a message came, at most once in the given time, and once more after the last.
 */
export function useRefresh(
  key: QueryKey,
  everyMs: number,
  isAbout: (message: Message) => boolean,
): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useLiveMessages((message) => {
    if (timer.current !== undefined || !isAbout(message)) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: key });
    }, everyMs);
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
