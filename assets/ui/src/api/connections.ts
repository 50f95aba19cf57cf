/* Connections and their kinds: what the connections screen, the settings and the node forms read or do. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, data } from "./client";
import { asApiError } from "./error";
import { keys } from "./keys";
import type { Connection, ConnectionCreate, ConnectionDetail, ConnectionUpdate } from "./types";

const PAGE = 200;
/* What was sent holds a secret: it is forgotten as soon as nobody looks. */
const FORGET = { gcTime: 0 };

/** The kinds change only with the server's version. */
export function useConnectors() {
  return useQuery({
    queryKey: keys.connectors,
    queryFn: () => data(api.GET("/api/v1/connectors")),
    select: (list) => list.items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** All of them, page by page: a picker has to have the one that is chosen. */
export function useConnections() {
  const list = useInfiniteQuery({
    queryKey: keys.connections,
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/connections", { params: { query: { limit: PAGE, cursor: pageParam } } }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return {
    rows: list.data?.pages.flatMap((p) => p.items) ?? [],
    isPending: list.isPending || hasNextPage,
    error: list.data ? null : list.error,
    refetch: list.refetch,
  };
}

export function useConnection(id: string) {
  return useQuery({
    queryKey: keys.connection(id),
    queryFn: () => data(api.GET("/api/v1/connections/{id}", { params: { path: { id } } })),
  });
}

export function useCreateConnection() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ConnectionCreate) => data(api.POST("/api/v1/connections", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.connections }),
    ...FORGET,
  });
}

export function useUpdateConnection(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ etag, ...body }: ConnectionUpdate & { etag: number }) =>
      data(
        api.PATCH("/api/v1/connections/{id}", {
          params: { path: { id }, header: { "If-Match": `"${etag}"` } },
          body,
        }),
      ),
    onSuccess: (changed) => {
      client.setQueryData<ConnectionDetail>(
        keys.connection(id),
        (old) => old && { ...old, ...changed },
      );
      return Promise.all(
        [keys.shares("connection", id), keys.connections].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      );
    },
    // Somebody else was faster: what stands now is read, and the form says so.
    onError: (thrown) => {
      if (asApiError(thrown).status === 412)
        return client.invalidateQueries({ queryKey: keys.connection(id), exact: true });
    },
    ...FORGET,
  });
}

export function useDeleteConnection() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, etag }: Pick<Connection, "id" | "etag">) =>
      api.DELETE("/api/v1/connections/{id}", {
        params: { path: { id }, query: { force: true }, header: { "If-Match": `"${etag}"` } },
      }),
    onSuccess: (_answer, { id }) => {
      client.removeQueries({ queryKey: keys.connection(id) });
      return client.invalidateQueries({ queryKey: keys.connections });
    },
    // What is deleted is what was seen: changed meanwhile, it is read again.
    onError: (thrown, { id }) => {
      if (asApiError(thrown).status === 412)
        return client.invalidateQueries({ queryKey: keys.connection(id), exact: true });
    },
  });
}

export function useTestConnection(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => data(api.POST("/api/v1/connections/{id}/test", { params: { path: { id } } })),
    onSuccess: () =>
      Promise.all(
        [keys.connection(id), keys.connections].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      ),
  });
}
