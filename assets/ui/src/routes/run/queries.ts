import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";
import type { LogLine, RunSummary, Step, StepList } from "../../api/types";

const PAGE = 200;
/* A run of more steps or lines than this is read by its first ones; the newest come by the room anyway. */
const MOST_PAGES = 25;
const ROOM_KEEPS_IT_TRUE = Number.POSITIVE_INFINITY;

export function useRun(id: string) {
  return useQuery({
    queryKey: keys.run(id),
    queryFn: () => data(api.GET("/api/v1/runs/{id}", { params: { path: { id } } })),
    staleTime: ROOM_KEEPS_IT_TRUE,
    refetchOnMount: "always",
  });
}

/** All steps of a run. The number to follow from is that of the first page: it holds for all behind it. */
export function useSteps(id: string) {
  return useQuery({
    queryKey: keys.steps(id),
    queryFn: async (): Promise<StepList> => {
      const items: Step[] = [];
      let liveSeq: number | undefined;
      let cursor: string | undefined;
      for (let n = 0; n < MOST_PAGES; n++) {
        const page = await data(
          api.GET("/api/v1/runs/{id}/steps", {
            params: { path: { id }, query: { limit: PAGE, cursor } },
          }),
        );
        items.push(...page.items);
        liveSeq ??= page.live_seq;
        cursor = page.next_cursor ?? undefined;
        if (!cursor) break;
      }
      return { items, next_cursor: cursor ?? null, live_seq: liveSeq ?? 0 };
    },
    staleTime: ROOM_KEEPS_IT_TRUE,
    refetchOnMount: "always",
  });
}

export function useLogs(id: string) {
  return useQuery({
    queryKey: keys.logs(id),
    queryFn: async (): Promise<LogLine[]> => {
      const items: LogLine[] = [];
      let cursor: string | undefined;
      for (let n = 0; n < MOST_PAGES; n++) {
        const page = await data(
          api.GET("/api/v1/runs/{id}/logs", {
            params: { path: { id }, query: { limit: PAGE, cursor } },
          }),
        );
        // A string would be the event stream, which only `follow` asks for.
        if (typeof page === "string") break;
        items.push(...page.items);
        cursor = page.next_cursor ?? undefined;
        if (!cursor) break;
      }
      return items;
    },
    staleTime: ROOM_KEEPS_IT_TRUE,
    refetchOnMount: "always",
  });
}

/** Not optimistic: a run that can't be cancelled any more must not look cancelled. */
export function useCancelRun(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      data(api.POST("/api/v1/runs/{id}/cancel", { params: { path: { id } }, body: {} })),
    onSuccess: (run) => {
      client.setQueryData(keys.run(id), run);
      void client.invalidateQueries({ queryKey: keys.steps(id) });
    },
  });
}

/** Pauses a run, or lets it go on. Not optimistic, for the same reason. */
export function useHoldRun(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (verb: "pause" | "resume") =>
      data(api.POST(`/api/v1/runs/{id}/${verb}`, { params: { path: { id } }, body: {} })),
    onSuccess: (run) => {
      client.setQueryData(keys.run(id), run);
      return client.invalidateQueries({ queryKey: keys.runs });
    },
  });
}

export function useRetryRun(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (from: "start" | "failed") =>
      data(api.POST("/api/v1/runs/{id}/retry", { params: { path: { id } }, body: { from } })),
    onSuccess: (run: RunSummary) => {
      client.setQueryData(keys.run(run.id), run);
      return client.invalidateQueries({ queryKey: keys.runs });
    },
  });
}
