import { useQuery } from "@tanstack/react-query";
import { api, data } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { Domain } from "../../../api/types";
import { useChange } from "../team/queries";

const MOST = 50; // a workspace has no more
const CHECKING_MS = 1000;

/** While somebody waits for a look, it is asked again each second. */
export function useDomains() {
  return useQuery({
    queryKey: keys.domains,
    queryFn: () => data(api.GET("/api/v1/domains", { params: { query: { limit: MOST } } })),
    select: (list) => list.items,
    refetchInterval: (query) =>
      query.state.data?.items.some((d) => d.is_checking) ? CHECKING_MS : false,
  });
}

const ofOne = ({ id, etag }: Domain) => ({
  path: { id },
  header: { "If-Match": `"${etag}"` },
});

export const useAddDomain = () =>
  useChange(
    (body: { domain: string; role: string }) => data(api.POST("/api/v1/domains", { body })),
    keys.domains,
  );

export const useCheckDomain = () =>
  useChange(
    (id: string) => data(api.POST("/api/v1/domains/{id}/verify", { params: { path: { id } } })),
    keys.domains,
  );

/* The domain comes with the change: a hook's own would be that of the render before, with an older ETag, for a moment. */
export const useChangeDomain = () =>
  useChange(
    ({
      domain,
      ...body
    }: {
      domain: Domain;
      is_capturing?: boolean;
      asks_first?: boolean;
      role?: string;
    }) => data(api.PATCH("/api/v1/domains/{id}", { params: ofOne(domain), body })),
    keys.domains,
  );

export const useRemoveDomain = () =>
  useChange(
    (domain: Domain) => api.DELETE("/api/v1/domains/{id}", { params: ofOne(domain) }),
    keys.domains,
  );
