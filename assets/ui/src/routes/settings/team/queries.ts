import { type QueryKey, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { Role } from "../../../api/types";

const MOST = 200;

/** A change after which these are fetched again. */
export function useChange<In, Out>(
  change: (input: In) => Promise<Out>,
  ...stale: readonly QueryKey[]
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

export function useInvitations() {
  return useQuery({
    queryKey: keys.invitations,
    queryFn: () => data(api.GET("/api/v1/invitations", { params: { query: { limit: MOST } } })),
    select: (list) => list.items,
  });
}

export const useInvite = () =>
  useChange(
    (body: { email: string; role: string }) => data(api.POST("/api/v1/invitations", { body })),
    keys.invitations,
  );

export const useWithdraw = () =>
  useChange(
    (id: string) => api.DELETE("/api/v1/invitations/{id}", { params: { path: { id } } }),
    keys.invitations,
  );

export const useSetRole = () =>
  useChange(
    ({ id, role }: { id: string; role: string }) =>
      data(
        api.PATCH("/api/v1/members/{user_id}", {
          params: { path: { user_id: id } },
          body: { role },
        }),
      ),
    keys.members,
    keys.me,
  );

export const useRemoveMember = () =>
  useChange(
    (id: string) => api.DELETE("/api/v1/members/{user_id}", { params: { path: { user_id: id } } }),
    keys.members,
  );

export function useRoles() {
  return useQuery({
    queryKey: keys.roles,
    queryFn: () => data(api.GET("/api/v1/roles")),
    select: (list) => list.items,
  });
}

export interface RoleDraft {
  name: string;
  description: string;
  permissions: string[];
}

export const useSaveRole = (role: Role | null) =>
  useChange(
    (body: RoleDraft) =>
      role?.id
        ? data(
            api.PATCH("/api/v1/roles/{id}", {
              params: { path: { id: role.id }, header: { "If-Match": `"${role.etag}"` } },
              body,
            }),
          )
        : data(api.POST("/api/v1/roles", { body })),
    keys.roles,
    keys.me,
  );

export const useDeleteRole = () =>
  useChange(
    (role: Role) =>
      api.DELETE("/api/v1/roles/{id}", {
        params: { path: { id: role.id ?? "" }, header: { "If-Match": `"${role.etag}"` } },
      }),
    keys.roles,
  );

export function useServiceAccounts() {
  return useQuery({
    queryKey: keys.serviceAccounts,
    queryFn: () =>
      data(api.GET("/api/v1/service-accounts", { params: { query: { limit: MOST } } })),
    select: (list) => list.items,
  });
}

export const useMakeAccount = () =>
  useChange(
    (body: { name: string; role: string }) => data(api.POST("/api/v1/service-accounts", { body })),
    keys.serviceAccounts,
    keys.members,
  );

export const useSetAccountRole = () =>
  useChange(
    ({ id, role }: { id: string; role: string }) =>
      data(
        api.PATCH("/api/v1/service-accounts/{id}", { params: { path: { id } }, body: { role } }),
      ),
    keys.serviceAccounts,
  );

export const useRemoveAccount = () =>
  useChange(
    (id: string) => api.DELETE("/api/v1/service-accounts/{id}", { params: { path: { id } } }),
    keys.serviceAccounts,
    keys.members,
  );

export const useTransfer = (id: string) =>
  useChange(
    (user_id: string) =>
      data(
        api.POST("/api/v1/workspaces/{id}/transfer", {
          params: { path: { id } },
          body: { user_id },
        }),
      ),
    keys.workspace(id),
    keys.members,
    keys.me,
  );

export const useLeave = (id: string) =>
  useChange((_: undefined) =>
    api.POST("/api/v1/workspaces/{id}/leave", { params: { path: { id } }, body: {} }),
  );

export const useDeleteWorkspace = (id: string) =>
  useChange(
    (etag: number) =>
      api.DELETE("/api/v1/workspaces/{id}", {
        params: { path: { id }, header: { "If-Match": `"${etag}"` } },
      }),
    keys.goneWorkspaces,
  );

export function useGoneWorkspaces() {
  return useQuery({
    queryKey: keys.goneWorkspaces,
    queryFn: () =>
      data(api.GET("/api/v1/workspaces", { params: { query: { deleted: true, limit: MOST } } })),
    select: (list) => list.items,
  });
}

export const useRestore = () =>
  useChange(
    (id: string) =>
      data(api.POST("/api/v1/workspaces/{id}/restore", { params: { path: { id } }, body: {} })),
    keys.goneWorkspaces,
    keys.me,
  );
