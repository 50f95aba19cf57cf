/* Runs: what more than one screen reads or does. */
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data } from "./client";
import { keys } from "./keys";
import { eachStep, type OnStep } from "./steps";
import type { RunFilter, RunList } from "./types";

const PAGE = 50;

export function useRuns(filter: RunFilter, limit = PAGE) {
  return useInfiniteQuery({
    queryKey: keys.runList(filter),
    queryFn: ({ pageParam }) =>
      data(api.GET("/api/v1/runs", { params: { query: { ...filter, limit, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: RunList) => page.next_cursor ?? undefined,
    placeholderData: (previous) => previous,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: "always",
  });
}

export type BulkAction = "pause" | "resume" | "cancel";

/** Changes all runs that fit, step by step. */
export function changeRuns(
  action: BulkAction,
  filter: Omit<RunFilter, "limit" | "cursor">,
  onStep: OnStep,
): Promise<void> {
  return eachStep(
    (cursor) => data(api.POST("/api/v1/runs/bulk", { body: { ...filter, action, cursor } })),
    onStep,
  );
}

/** Starts a run by hand. Not optimistic: the answer is the run itself. */
export function useStartRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, input, version }: { id: string; input?: unknown; version?: number }) =>
      data(
        api.POST("/api/v1/workflows/{id}/runs", {
          params: { path: { id } },
          body: { ...(input === undefined ? {} : { input }), ...(version ? { version } : {}) },
        }),
      ),
    onSuccess: (run) => {
      client.setQueryData(keys.run(run.id), run);
      return client.invalidateQueries({ queryKey: keys.runs });
    },
  });
}
