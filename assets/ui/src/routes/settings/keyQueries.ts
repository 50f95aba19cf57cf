import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";

const PAGE = 50;

export function useCryptoKeys() {
  return useInfiniteQuery({
    queryKey: keys.cryptoKeys,
    queryFn: ({ pageParam }) =>
      data(api.GET("/api/v1/keys", { params: { query: { limit: PAGE, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function useCreateKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => data(api.POST("/api/v1/keys", { body: { name } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.cryptoKeys }),
  });
}

export function useRotateKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      data(api.POST("/api/v1/keys/{id}/rotate", { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.cryptoKeys }),
  });
}
