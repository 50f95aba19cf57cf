import { useQuery } from "@tanstack/react-query";
import { api, data } from "./client";
import { keys } from "./keys";

/** Node types change only with the server's version. */
export function useNodeTypes() {
  return useQuery({
    queryKey: keys.nodeTypes,
    queryFn: () => data(api.GET("/api/v1/node-types")),
    select: (list) => list.items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
