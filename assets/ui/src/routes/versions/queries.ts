import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";
import type { Replay, ReplayRunList, VersionList, Workflow } from "../../api/types";

const PAGE = 50;
const REPLAY_EVERY_MS = 1000;

export function useVersions(id: string) {
  return useInfiniteQuery({
    queryKey: keys.versions(id),
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/workflows/{id}/versions", {
          params: { path: { id }, query: { limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: VersionList) => page.next_cursor ?? undefined,
  });
}

export function useVersionDiff(id: string, n: number, to: number) {
  return useQuery({
    queryKey: keys.versionDiff(id, n, to),
    queryFn: () =>
      data(
        api.GET("/api/v1/workflows/{id}/versions/{n}/diff", {
          params: { path: { id, n }, query: { to } },
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function useChanged() {
  const client = useQueryClient();
  return (workflow: Workflow) => {
    client.setQueryData(keys.workflow(workflow.id), workflow);
    void client.invalidateQueries({ queryKey: keys.workflows });
    return client.invalidateQueries({ queryKey: keys.versions(workflow.id) });
  };
}

export function usePublish(id: string) {
  return useMutation({
    mutationFn: (body: { version: number; label: string; note: string }) =>
      data(api.POST("/api/v1/workflows/{id}/activate", { params: { path: { id } }, body })),
    onSuccess: useChanged(),
  });
}

export function useRollback(id: string) {
  return useMutation({
    mutationFn: (n: number) =>
      data(
        api.POST("/api/v1/workflows/{id}/versions/{n}/rollback", {
          params: { path: { id, n } },
          body: {},
        }),
      ),
    onSuccess: useChanged(),
  });
}

export function useStartReplay(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { version: number; limit: number }) =>
      data(api.POST("/api/v1/workflows/{id}/replays", { params: { path: { id } }, body })),
    onSuccess: (replay) => client.setQueryData<Replay>(keys.replay(replay.id), replay),
  });
}

export function useReplay(id: string) {
  return useQuery({
    queryKey: keys.replay(id),
    queryFn: () => data(api.GET("/api/v1/replays/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data?.is_done ? false : REPLAY_EVERY_MS),
  });
}

/** The runs that differ, of a replay that is done. */
export function useDiffering(id: string) {
  return useInfiniteQuery({
    queryKey: keys.replayRuns(id),
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/replays/{id}/runs", {
          params: { path: { id }, query: { limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: ReplayRunList) => page.next_cursor ?? undefined,
  });
}
