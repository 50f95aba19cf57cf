/* Who is in the workspace: what the settings, the share dialog and the sentences of refusals read. */
import { useQuery } from "@tanstack/react-query";
import { api, data } from "./client";
import { keys } from "./keys";

const MOST = 200;

export function useMembers() {
  return useQuery({
    queryKey: keys.members,
    queryFn: () => data(api.GET("/api/v1/members", { params: { query: { limit: MOST } } })),
    select: (list) => list.items,
  });
}
