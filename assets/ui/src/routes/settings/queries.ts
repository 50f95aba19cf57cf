import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";
import type { Me, Workspace } from "../../api/types";

const MOST = 200;

/** My own tokens, or those of a service account. */
export function useTokens(user?: string) {
  return useQuery({
    queryKey: user ? keys.tokensOf(user) : keys.tokens,
    queryFn: () =>
      data(api.GET("/api/v1/tokens", { params: { query: { limit: MOST, user_id: user } } })),
    select: (list) => list.items,
  });
}

export interface NewToken {
  name: string;
  scopes: string[];
  expires_at: string | null;
  addresses: string[];
  /** The service account that it belongs to; absent: me. */
  user_id?: string;
}

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewToken) => data(api.POST("/api/v1/tokens", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/tokens/{id}", { params: { path: { id } } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
}

/** The old one ends after the overlap. */
export function useRotateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, overlap_s }: { id: string; overlap_s: number }) =>
      data(
        api.POST("/api/v1/tokens/{id}/rotate", { params: { path: { id } }, body: { overlap_s } }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
}

export function useSetAddresses() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, addresses }: { id: string; addresses: string[] }) =>
      data(api.PATCH("/api/v1/tokens/{id}", { params: { path: { id } }, body: { addresses } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
}

export function useSessions() {
  return useQuery({
    queryKey: keys.sessions,
    queryFn: () => data(api.GET("/api/v1/sessions", { params: { query: { limit: MOST } } })),
    select: (list) => list.items,
  });
}

export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/sessions/{id}", { params: { path: { id } } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.sessions }),
  });
}

export function useEndOtherSessions() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.DELETE("/api/v1/sessions"),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.sessions }),
  });
}

export function useUpdateMe() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string }) => data(api.PATCH("/api/v1/users/me", { body })),
    onSuccess: (me) => client.setQueryData<Me>(keys.me, (old) => old && { ...old, name: me.name }),
  });
}

export function useWorkspace(id: string) {
  return useQuery({
    queryKey: keys.workspace(id),
    queryFn: () => data(api.GET("/api/v1/workspaces/{id}", { params: { path: { id } } })),
    enabled: id !== "",
  });
}

interface WorkspaceChange {
  name?: string;
  slug?: string;
  settings?: Workspace["settings"];
  etag: number;
}

/** The etag keeps two admins from overwriting each other unseen. */
export function useChangeWorkspace(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ etag, ...body }: WorkspaceChange) =>
      data(
        api.PATCH("/api/v1/workspaces/{id}", {
          params: { path: { id }, header: { "If-Match": `"${etag}"` } },
          body,
        }),
      ),
    onSuccess: (workspace) => {
      client.setQueryData(keys.workspace(id), workspace);
      client.setQueryData<Me>(
        keys.me,
        (old) =>
          old && {
            ...old,
            memberships: old.memberships.map((m) =>
              m.workspace_id === id ? { ...m, name: workspace.name, slug: workspace.slug } : m,
            ),
          },
      );
    },
  });
}
