import { useQuery } from "@tanstack/react-query";
import { api, data } from "../api/client";
import { useCan } from "../api/session";
import type { Step } from "../api/types";
import type { RunLight } from "./useRunLight";

const NONE: readonly Step[] = [];

/** Steps whose data expressions can show: of the run on the canvas, else of the last one that ended well. */
export function useLastRun(workflowId: string, light: RunLight): readonly Step[] {
  const can = useCan();
  const last = useQuery({
    queryKey: ["editor-last-run", workflowId],
    queryFn: async () => {
      const query = { workflow_id: workflowId, status: "succeeded", limit: 1 };
      const runs = await data(api.GET("/api/v1/runs", { params: { query } }));
      const id = runs.items[0]?.id;
      if (!id) return NONE;
      const steps = await data(
        api.GET("/api/v1/runs/{id}/steps", { params: { path: { id }, query: { limit: 200 } } }),
      );
      return steps.items;
    },
    enabled: can("run:read") && can("run:data"),
    retry: false,
  });
  return light.steps.length > 0 ? light.steps : (last.data ?? NONE);
}
