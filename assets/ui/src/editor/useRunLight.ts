import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, data } from "../api/client";
import { keys } from "../api/keys";
import type { Definition, Run, Step, StepList } from "../api/types";
import { type NodeState, nodeStates } from "../canvas/runState";
import { useRoom } from "../live/useLive";

const NO_STATES: ReadonlyMap<string, NodeState> = new Map();
const MOST = 200;

export interface RunLight {
  run: Run | undefined;
  steps: readonly Step[];
  states: ReadonlyMap<string, NodeState>;
}

/** Follows one run live and says what it means for each node. */
export function useRunLight(id: string | null, definition: Definition): RunLight {
  const run = useQuery({
    queryKey: keys.run(id ?? ""),
    queryFn: () => data(api.GET("/api/v1/runs/{id}", { params: { path: { id: id ?? "" } } })),
    enabled: id !== null,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: "always",
  });
  const steps = useQuery({
    queryKey: keys.steps(id ?? ""),
    queryFn: (): Promise<StepList> =>
      data(
        api.GET("/api/v1/runs/{id}/steps", {
          params: { path: { id: id ?? "" }, query: { limit: MOST } },
        }),
      ),
    enabled: id !== null,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: "always",
  });
  const ready = run.data !== undefined && steps.data !== undefined;
  const after = Math.min(run.data?.live_seq ?? 0, steps.data?.live_seq ?? 0);
  useRoom(`run:${id ?? ""}`, id !== null && ready ? { after } : undefined);
  const status = run.data?.status;
  const items = steps.data?.items;
  const states = useMemo(
    () => (id !== null && status && items ? nodeStates(definition, items, status) : NO_STATES),
    [id, status, items, definition],
  );
  return { run: id === null ? undefined : run.data, steps: items ?? [], states };
}
