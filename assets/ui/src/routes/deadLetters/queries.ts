import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";
import { eachStep, type OnStep } from "../../api/steps";
import type { DeadLetterFilter, DeadLetterList } from "../../api/types";

const PAGE = 50;

export type Replay = { from: "start" | "failed"; version?: "same" | "newest" };
export type BulkAction = "failed" | "start" | "discard";

export function useDeadLetters(filter: DeadLetterFilter) {
  return useInfiniteQuery({
    queryKey: keys.deadLetterList(filter),
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/dead-letters", {
          params: { query: { ...filter, limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: DeadLetterList) => page.next_cursor ?? undefined,
    placeholderData: (previous) => previous,
    refetchOnMount: "always",
  });
}

export function useReplay() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: Replay & { id: string }) =>
      data(api.POST("/api/v1/dead-letters/{id}/replay", { params: { path: { id } }, body })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.runs });
      return client.invalidateQueries({ queryKey: keys.deadLetters });
    },
  });
}

export function useDiscard() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      data(api.DELETE("/api/v1/dead-letters/{id}", { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.deadLetters }),
  });
}

/** Replays or discards all that fit, up to now, step by step. */
export function changeDeadLetters(
  action: BulkAction,
  filter: DeadLetterFilter,
  onStep: OnStep,
): Promise<void> {
  const what =
    action === "discard"
      ? { action: "discard" as const }
      : { action: "replay" as const, from: action };
  const to = new Date().toISOString();
  return eachStep(
    (cursor) =>
      data(api.POST("/api/v1/dead-letters/bulk", { body: { ...filter, ...what, to, cursor } })),
    onStep,
  );
}
