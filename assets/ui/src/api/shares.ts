/* Who sees a workflow or a connection, and which other workspaces may use it: one mechanism for both. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "./client";
import { asApiError } from "./error";
import { keys } from "./keys";
import type { ConnectionShareUpdate, Shares } from "./types";
import { patchWorkflow } from "./workflows";

export interface Shared {
  kind: "workflow" | "connection";
  id: string;
}

type Change = ConnectionShareUpdate & { etag: number };

export function useShares({ kind, id }: Shared) {
  const params = { path: { id } };
  return useQuery({
    queryKey: keys.shares(kind, id),
    queryFn: (): Promise<Shares> =>
      kind === "workflow"
        ? data(api.GET("/api/v1/workflows/{id}/shares", { params }))
        : data(api.GET("/api/v1/connections/{id}/shares", { params })),
  });
}

export function useShare({ kind, id }: Shared) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ etag, ...body }: Change): Promise<Shares> => {
      const params = { path: { id }, header: { "If-Match": `"${etag}"` } };
      return kind === "workflow"
        ? data(api.PUT("/api/v1/workflows/{id}/shares", { params, body }))
        : data(api.PUT("/api/v1/connections/{id}/shares", { params, body }));
    },
    onSuccess: (shares) => {
      client.setQueryData(keys.shares(kind, id), shares);
      const { visibility, etag } = shares;
      if (kind === "workflow") patchWorkflow(client, id, () => ({ visibility, etag }));
      else
        return Promise.all(
          [keys.connection(id), keys.connections].map((queryKey) =>
            client.invalidateQueries({ queryKey, exact: true }),
          ),
        );
    },
    // Somebody else was faster: what stands now is shown, to be changed from there.
    onError: (thrown) => {
      if (asApiError(thrown).status === 412)
        return client.invalidateQueries({ queryKey: keys.shares(kind, id) });
    },
  });
}
