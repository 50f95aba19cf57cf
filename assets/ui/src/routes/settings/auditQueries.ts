import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";
import type { AuditFilter, AuditList, Retention } from "../../api/types";

const PAGE = 50;
const CHECK_MS = 1000;

export function useAudit(filter: AuditFilter) {
  return useInfiniteQuery({
    queryKey: keys.auditList(filter),
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/audit", {
          params: { query: { ...filter, limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: AuditList) => page.next_cursor ?? undefined,
    placeholderData: (previous) => previous,
  });
}

/** The answer of an operation that has nothing to tell yet: 204 is null. */
async function orNull<T>(call: Promise<{ data?: T }>): Promise<T | null> {
  return (await call).data ?? null;
}

/** Asked again while a check is under way. */
export function useProof() {
  return useQuery({
    queryKey: keys.auditProof,
    queryFn: () => orNull(api.GET("/api/v1/audit/verify")),
    refetchInterval: (query) => (query.state.data?.status === "running" ? CHECK_MS : false),
  });
}

export function useVerify() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => data(api.POST("/api/v1/audit/verify")),
    onSuccess: (proof) => client.setQueryData(keys.auditProof, proof),
  });
}

export function useSink() {
  return useQuery({
    queryKey: keys.auditSink,
    queryFn: () => orNull(api.GET("/api/v1/audit/sink")),
  });
}

export function useSetSink() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (url: string) => data(api.PUT("/api/v1/audit/sink", { body: { url } })),
    onSuccess: (sink) => client.setQueryData(keys.auditSink, sink),
  });
}

export function useDeleteSink() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.DELETE("/api/v1/audit/sink"),
    onSuccess: () => client.setQueryData(keys.auditSink, null),
  });
}

export function useRetention(id: string) {
  return useQuery({
    queryKey: keys.retention(id),
    queryFn: () => data(api.GET("/api/v1/workspaces/{id}/retention", { params: { path: { id } } })),
    enabled: id !== "",
  });
}

export type RetentionDays = Pick<
  Retention,
  "run_days" | "log_days" | "delivery_days" | "audit_days"
>;

export function useSetRetention(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: RetentionDays) =>
      data(api.PUT("/api/v1/workspaces/{id}/retention", { params: { path: { id } }, body })),
    onSuccess: (retention) => client.setQueryData(keys.retention(id), retention),
  });
}

export function useDeleteAccount() {
  return useMutation({
    mutationFn: () => api.DELETE("/api/v1/users/me"),
    onSuccess: () => location.assign("/login"),
  });
}

type Export = Promise<{ data?: Blob; response: Response }>;

/**
 * Fetches an export with the headers of any call, so that it is of the workspace on the screen, and hands it to the
 * browser to keep under the name that comes with it. A stream that was cut off is an error.
 */
export function useExport() {
  return useMutation({
    mutationFn: async (call: () => Export) => {
      const { data: blob, response } = await call();
      const named = response.headers.get("content-disposition")?.match(/filename="([^"]+)"/);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob ?? new Blob());
      link.download = named?.[1] ?? "export";
      link.click();
      URL.revokeObjectURL(link.href);
    },
  });
}

const parseAs = "blob";

export const exportAudit = (format: "csv" | "ndjson", filter: AuditFilter) => () =>
  api.GET("/api/v1/audit/export", { params: { query: { ...filter, format } }, parseAs });

export const exportWorkspace = (id: string) => () =>
  api.GET("/api/v1/workspaces/{id}/export", { params: { path: { id } }, parseAs });

export const exportMine = () => api.GET("/api/v1/users/me/export", { parseAs });
