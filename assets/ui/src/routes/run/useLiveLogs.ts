import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { keys } from "../../api/keys";
import { useLiveMessages } from "../../live/useLive";

const AT_MOST_EVERY_MS = 1000;

/**
 * The log of a run is made from its steps, so it is read again when steps came, at most once a second; after
 * the last change once more. Lines that the room sends itself need no reading.
 */
export function useLiveLogs(runId: string): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useLiveMessages((message) => {
    if (message.room !== `run:${runId}` || message.type === "log.lines" || timer.current) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: keys.logs(runId) });
    }, AT_MOST_EVERY_MS);
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
