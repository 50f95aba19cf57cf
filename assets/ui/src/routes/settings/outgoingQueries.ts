import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";
import type { OutgoingSet } from "../../api/types";

export function useOutgoing(id: string) {
  return useQuery({
    queryKey: keys.outgoing(id),
    queryFn: () => data(api.GET("/api/v1/workspaces/{id}/outgoing", { params: { path: { id } } })),
    enabled: id !== "",
  });
}

export function useSetOutgoing(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: OutgoingSet) =>
      data(api.PUT("/api/v1/workspaces/{id}/outgoing", { params: { path: { id } }, body })),
    onSuccess: (settings) => client.setQueryData(keys.outgoing(id), settings),
  });
}
