/* What an expression may begin with here, and what that was in the last run. Pure. */
import type { Definition, Step } from "../api/types";
import type { Roots } from "../forms/expression";
import { earlierThan } from "./graph";

/** Output of the trigger and of every step before this one; the first item of each, as expressions read it. */
export function rootsFor(d: Definition, node: string, steps: readonly Step[]): Roots {
  const roots: Record<string, unknown> = {};
  const earlier = earlierThan(d, node);
  for (const id of earlier) roots[id] = firstOutput(steps, id);
  const start = d.nodes.find((n) => earlier.includes(n.id) && isStart(d, n.id));
  const own = lastStep(steps, node);
  return {
    trigger: (start && roots[start.id]) ?? {
      payload: undefined,
      headers: undefined,
      query: undefined,
    },
    item: own?.input ? jsonOf(own.input[0]) : (nearest(d, node, roots) ?? {}),
    ...roots,
    vars: variables(d),
    run: { id: steps[0]?.run_id },
    workflow: {},
  };
}

const isStart = (d: Definition, id: string) => !d.edges.some((e) => e.to === id);

/** Before a step ran itself, its items are what the step before it gave. */
function nearest(d: Definition, node: string, roots: Record<string, unknown>): unknown {
  const from = d.edges.find((e) => e.to === node)?.from;
  return from === undefined ? undefined : roots[from];
}

function lastStep(steps: readonly Step[], node: string): Step | undefined {
  return steps.findLast((s) => s.node_id === node && s.status !== "skipped");
}

function firstOutput(steps: readonly Step[], node: string): unknown {
  const ports = lastStep(steps, node)?.output;
  const item = ports && Object.values(ports).flat()[0];
  return item === undefined || item === null ? undefined : jsonOf(item);
}

function jsonOf(item: unknown): unknown {
  return typeof item === "object" && item !== null && "json" in item ? item.json : undefined;
}

function variables(d: Definition): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(d.variables ?? {}).map(([name, v]) => [
      name,
      typeof v === "object" && v !== null && "default" in v ? v.default : undefined,
    ]),
  );
}
