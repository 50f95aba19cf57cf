/* Workflows, their versions and triggers: what more than one screen reads or does. */
import {
  type InfiniteData,
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api, data } from "./client";
import { keys } from "./keys";
import type { Definition, TriggerRotate, Workflow, WorkflowFilter, WorkflowSummary } from "./types";

const PAGE = 50;
const ROOM_KEEPS_IT_TRUE = Number.POSITIVE_INFINITY;

interface WorkflowPage {
  items: WorkflowSummary[];
  next_cursor: string | null;
}

export function useWorkflows(filter: WorkflowFilter = {}) {
  return useInfiniteQuery({
    queryKey: keys.workflowList(filter),
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/workflows", {
          params: { query: { sort: "-updated_at", ...filter, limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: WorkflowPage) => page.next_cursor ?? undefined,
    placeholderData: (previous) => previous,
  });
}

export function useWorkflow(id: string) {
  return useQuery({
    queryKey: keys.workflow(id),
    queryFn: () => data(api.GET("/api/v1/workflows/{id}", { params: { path: { id } } })),
    staleTime: ROOM_KEEPS_IT_TRUE,
  });
}

export function useVersion(id: string, n: number | undefined) {
  return useQuery({
    queryKey: keys.version(id, n ?? 0),
    queryFn: () =>
      data(api.GET("/api/v1/workflows/{id}/versions/{n}", { params: { path: { id, n: n ?? 0 } } })),
    enabled: n !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Changes a row in every loaded list and the open workflow; the order stays as it is. */
export function patchWorkflow(
  client: QueryClient,
  id: string,
  change: (workflow: WorkflowSummary) => Partial<WorkflowSummary>,
): void {
  client.setQueriesData<InfiniteData<WorkflowPage>>({ queryKey: ["workflows", "list"] }, (old) => {
    if (!old?.pages.some((page) => page.items.some((w) => w.id === id))) return old;
    const pages = old.pages.map((page) => ({
      ...page,
      items: page.items.map((w) => (w.id === id ? { ...w, ...change(w) } : w)),
    }));
    return { ...old, pages };
  });
  client.setQueryData<Workflow>(keys.workflow(id), (old) => old && { ...old, ...change(old) });
}

/** Optimistic: the switch moves at once and moves back when the server refuses. */
export function useActivate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, active }: { id: string; active: boolean }) => {
      const params = { path: { id } };
      return active
        ? data(api.POST("/api/v1/workflows/{id}/activate", { params, body: {} }))
        : data(api.POST("/api/v1/workflows/{id}/deactivate", { params, body: {} }));
    },
    onMutate: ({ id, active }) => {
      const before = client.getQueriesData({ queryKey: keys.workflows });
      const one = client.getQueryData<Workflow>(keys.workflow(id));
      patchWorkflow(client, id, () => ({ is_active: active, state: active ? "active" : "paused" }));
      return { before, one };
    },
    onError: (_error, { id }, saved) => {
      for (const [key, value] of saved?.before ?? []) client.setQueryData(key, value);
      if (saved?.one) client.setQueryData(keys.workflow(id), saved.one);
    },
    onSuccess: (workflow) => {
      patchWorkflow(client, workflow.id, () => workflow);
      client.setQueryData(keys.workflow(workflow.id), workflow);
    },
  });
}

/** The answer has the secret, and is the only one that ever does. */
export function useRotateSecret(workflowId: string, triggerId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: TriggerRotate) =>
      data(
        api.POST("/api/v1/triggers/{id}/rotate-secret", {
          params: { path: { id: triggerId } },
          body,
        }),
      ),
    onSuccess: () =>
      client.setQueryData<Workflow>(
        keys.workflow(workflowId),
        (old) =>
          old && {
            ...old,
            triggers: old.triggers.map((x) =>
              x.id === triggerId ? { ...x, has_secret: true } : x,
            ),
          },
      ),
  });
}

export function useCreateWorkflow() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; definition: Definition }) =>
      data(
        api.POST("/api/v1/workflows", { body: { ...body, definition: { ...body.definition } } }),
      ),
    onSuccess: (workflow) => {
      client.setQueryData(keys.workflow(workflow.id), workflow);
      return client.invalidateQueries({ queryKey: keys.workflows });
    },
  });
}

export function useDeleteWorkflow() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/workflows/{id}", { params: { path: { id } } }),
    onSuccess: (_answer, id) => {
      client.removeQueries({ queryKey: keys.workflow(id) });
      return client.invalidateQueries({ queryKey: keys.workflows });
    },
  });
}
