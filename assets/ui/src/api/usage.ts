import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "./client";
import { keys } from "./keys";
import type { Plan } from "./types";

const MINUTE_MS = 60_000;

/** What is used against the plan. The figures move with each run, so they are read again each minute while shown. */
export function useUsage() {
  return useQuery({
    queryKey: keys.usage,
    queryFn: () => data(api.GET("/api/v1/usage/current", {})),
    refetchInterval: MINUTE_MS,
  });
}

export function useUsageByDay() {
  return useQuery({
    queryKey: keys.usageByDay,
    queryFn: () => data(api.GET("/api/v1/usage", { params: { query: { by: "day" } } })),
    refetchInterval: MINUTE_MS,
  });
}

export function usePlans() {
  return useQuery({
    queryKey: keys.plans,
    queryFn: () => data(api.GET("/api/v1/plans", {})),
    select: (list) => list.items,
  });
}

export function useSavePlan() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({
      id,
      name,
      limits,
      rates,
      etag,
    }: Pick<Plan, "id" | "name" | "limits" | "rates" | "etag">) =>
      data(
        api.PUT("/api/v1/admin/plans/{id}", {
          params: { path: { id }, header: { "If-Match": `"${etag}"` } },
          body: { name, limits, rates },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.plans }),
  });
}

export function useWorkspacePlans(q: string) {
  return useQuery({
    queryKey: keys.workspacePlans(q),
    queryFn: () =>
      data(
        api.GET("/api/v1/admin/workspaces", {
          params: { query: { limit: 50, q: q || undefined } },
        }),
      ),
    select: (list) => list.items,
  });
}

export function useGivePlan() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, plan }: { id: string; plan: string }) =>
      data(
        api.PUT("/api/v1/admin/workspaces/{id}/plan", {
          params: { path: { id } },
          body: { plan_id: plan },
        }),
      ),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.allWorkspacePlans }),
        client.invalidateQueries({ queryKey: keys.usage }),
      ]),
  });
}
