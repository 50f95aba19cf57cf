/*
 * What the steps of a run say about each node and edge. Pure; the picture, the time line and the
 * announcements are drawn from it.
 *
 * A step is recorded when it ends, so nothing says "this node is running". It is deduced: the run isn't
 * over, the node has no step of its own yet, and an edge has delivered items to it.
 */
import type { Definition, DefinitionEdge, RunStatus, Step } from "../api/types";
import { t } from "../text/en";
import { span } from "../text/format";
import { isFinal, type State } from "../ui/state";
import { portOf } from "./graph";

export interface NodeState {
  state: State;
  badge?: string;
  steps: Step[];
}

/** Items that an edge has carried, or undefined while its source hasn't finished. */
export function carried(
  edge: DefinitionEdge,
  states: ReadonlyMap<string, NodeState>,
): number | undefined {
  const finished =
    states.get(edge.from)?.steps.filter((s) => s.status === "succeeded" || s.status === "failed") ??
    [];
  if (finished.length === 0) return undefined;
  return finished.reduce((sum, s) => sum + (s.ports[portOf(edge)] ?? 0), 0);
}

export function nodeStates(
  definition: Definition,
  steps: readonly Step[],
  status: RunStatus,
): Map<string, NodeState> {
  const states = new Map<string, NodeState>();
  for (const step of steps) {
    const known = states.get(step.node_id);
    if (known) known.steps.push(step);
    else states.set(step.node_id, { state: "unknown", steps: [step] });
  }
  for (const [id, value] of states) states.set(id, settled(value.steps, status));
  if (isFinal(status) || status === "queued") return states;
  for (const node of definition.nodes) {
    if (states.has(node.id)) continue;
    const isReached = definition.edges.some(
      (e) => e.to === node.id && (carried(e, states) ?? 0) > 0,
    );
    if (isReached)
      states.set(node.id, { state: status === "waiting" ? "waiting" : "running", steps: [] });
  }
  return states;
}

function settled(steps: Step[], status: RunStatus): NodeState {
  // A loop skips its body in the round that ends it: what the body did before is what it is.
  const ran = steps.filter((s) => s.status !== "skipped");
  const last = (ran.length > 0 ? ran : steps).reduce((a, b) => (b.step_no > a.step_no ? b : a));
  const tries = steps.filter((s) => s.iteration === last.iteration).length;
  if (last.status === "failed" && !isFinal(status) && Object.keys(last.ports).length === 0) {
    // A failed try of a run that goes on, with nothing passed on: the next try is under way.
    return { state: "waiting", badge: t.run.nextTry(tries + 1), steps };
  }
  return { state: last.status, badge: badgeOf(last, ran, tries), steps };
}

function badgeOf(last: Step, steps: readonly Step[], tries: number): string | undefined {
  if (last.status === "failed" && tries > 1) return t.run.tries(tries);
  if (last.status !== "succeeded") return undefined;
  const rounds = new Set(steps.map((s) => s.iteration)).size;
  if (rounds > 1) return t.run.rounds(rounds);
  const items = Object.values(last.ports).reduce((a, b) => a + b, 0);
  if (items !== 1 || last.duration_ms === null) return t.run.items(items);
  return span(last.duration_ms);
}
