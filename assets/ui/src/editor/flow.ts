/* From the document to what the canvas library draws. Objects are reused as long as nothing they show changes. */
import type { Edge } from "@xyflow/react";
import { Position as Side } from "@xyflow/react";
import { createElement } from "react";
import type { Definition, DefinitionEdge, DefinitionNode } from "../api/types";
import type { FlowNodeType } from "../canvas/FlowNode";
import { edgeId, inPortOf, NODE_HEIGHT, NODE_WIDTH, portOf, topological } from "../canvas/graph";
import { nameOf } from "../canvas/kinds";
import { carried, type NodeState } from "../canvas/runState";
import { t } from "../text/en";
import { type Ports, shownPorts, type TypeMap } from "./graph";
import { IssueMark } from "./IssueMark";

const PORT = 9;

export interface NodeLook {
  types: TypeMap;
  states: ReadonlyMap<string, NodeState>;
  issues: ReadonlyMap<string, number>;
  selected: ReadonlySet<string>;
}

/** In topological order, which is the order of Tab and of a screen reader. */
export function flowNodes(
  d: Definition,
  look: NodeLook,
  cache: Map<string, { key: string; node: DefinitionNode; flow: FlowNodeType }>,
): FlowNodeType[] {
  const names = new Map(d.nodes.map((n) => [n.id, nameOf(n)]));
  const nexts = new Map<string, string[]>();
  for (const e of d.edges)
    nexts.set(e.from, [...(nexts.get(e.from) ?? []), names.get(e.to) ?? e.to]);
  const order = topological(d);
  return order.map((node, i) => {
    const state = look.states.get(node.id);
    const issues = look.issues.get(node.id) ?? 0;
    const ports = shownPorts(node, look.types, d);
    const selected = look.selected.has(node.id);
    const label = [
      nameOf(node),
      t.canvas.typeName[node.type] ?? node.type,
      node.disabled ? t.canvas.off : "",
      state ? t.state[state.state].toLowerCase() : "",
      t.canvas.position(i + 1, order.length),
      nexts.has(node.id) ? t.canvas.connectsTo((nexts.get(node.id) ?? []).join(", ")) : "",
      issues > 0 ? t.editor.issueCount(issues) : "",
    ]
      .filter(Boolean)
      .join(", ");
    const key = `${label}|${selected}|${ports.inputs}|${ports.outputs}|${state?.state}|${state?.badge}`;
    const old = cache.get(node.id);
    if (old && old.key === key && old.node === node) return old.flow;
    const flow: FlowNodeType = {
      id: node.id,
      type: "step",
      position: node.position ?? { x: 0, y: 0 },
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      measured: { width: NODE_WIDTH, height: NODE_HEIGHT },
      handles: handlesOf(ports),
      selected,
      ariaLabel: label,
      data: {
        node,
        group: look.types.get(node.type)?.group,
        inputs: ports.inputs,
        outputs: ports.outputs,
        state: state?.state,
        badge: state?.badge,
        marks: issues > 0 ? createElement(IssueMark, { n: issues }) : undefined,
      },
    };
    cache.set(node.id, { key, node, flow });
    return flow;
  });
}

/** Where the ports are, so that nothing has to be measured before edges can be drawn. */
function handlesOf(ports: Ports): FlowNodeType["handles"] {
  const place = (list: readonly string[], type: "source" | "target") =>
    list.map((id, i) => ({
      id,
      type,
      position: type === "target" ? Side.Left : Side.Right,
      x: (type === "target" ? 0 : NODE_WIDTH) - PORT / 2,
      y: (NODE_HEIGHT * (i + 1)) / (list.length + 1) - PORT / 2,
      width: PORT,
      height: PORT,
    }));
  return [...place(ports.inputs, "target"), ...place(ports.outputs, "source")];
}

export function flowEdges(
  d: Definition,
  selected: ReadonlySet<string>,
  states: ReadonlyMap<string, NodeState>,
): Edge[] {
  return d.edges.map((edge) => {
    const id = edgeId(edge);
    const port = portOf(edge);
    return {
      id,
      source: edge.from,
      target: edge.to,
      sourceHandle: port,
      targetHandle: inPortOf(edge),
      selected: selected.has(id),
      focusable: false,
      label: edgeLabel(edge, states),
      labelBgPadding: [6, 3] as [number, number],
      labelBgBorderRadius: 9,
      interactionWidth: 24,
      className: edgeClass(edge, states),
    };
  });
}

function edgeLabel(edge: DefinitionEdge, states: ReadonlyMap<string, NodeState>) {
  const port = portOf(edge);
  const items = carried(edge, states);
  const words = [port === "main" ? "" : port, items && items > 1 ? t.run.items(items) : ""];
  return words.filter(Boolean).join(" · ") || undefined;
}

function edgeClass(edge: DefinitionEdge, states: ReadonlyMap<string, NodeState>): string {
  const items = carried(edge, states);
  const target = states.get(edge.to)?.state;
  if ((items ?? 0) > 0 && (target === "running" || target === "waiting")) return "edge-moving";
  if (portOf(edge) === "error") return "edge-error";
  if (items) return "edge-done";
  return states.has(edge.from) ? "edge-off" : "";
}
