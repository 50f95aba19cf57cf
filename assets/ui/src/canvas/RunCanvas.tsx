import "@xyflow/react/dist/base.css";
import "../styles/canvas.css";
import {
  Background,
  BackgroundVariant,
  type Edge,
  type NodeChange,
  ReactFlow,
  ReactFlowProvider,
} from "@xyflow/react";
import { useMemo } from "react";
import type { Definition, DefinitionEdge, NodeType } from "../api/types";
import { t } from "../text/en";
import { FlowNode, type FlowNodeType } from "./FlowNode";
import { edgeId, inPortOf, inPorts, outPorts, portOf, positions, topological } from "./graph";
import { nameOf } from "./kinds";
import styles from "./RunCanvas.module.css";
import { carried, type NodeState } from "./runState";
import { ZoomBar } from "./ZoomBar";

export const NODE_TYPES = { step: FlowNode };

interface RunCanvasProps {
  label: string;
  definition: Definition;
  states: ReadonlyMap<string, NodeState>;
  nodeTypes?: readonly NodeType[];
  selected?: string;
  onSelect?: (nodeId: string) => void;
}

/** The workflow as a picture that can be read and walked but not changed, lit by the states of a run. */
export function RunCanvas({
  label,
  definition,
  states,
  nodeTypes,
  selected,
  onSelect,
}: RunCanvasProps) {
  const nodes = useMemo(
    () => flowNodes(definition, states, nodeTypes ?? [], selected),
    [definition, states, nodeTypes, selected],
  );
  const edges = useMemo(
    () => definition.edges.map((e) => flowEdge(e, states)),
    [definition, states],
  );
  const onNodesChange = (changes: NodeChange<FlowNodeType>[]) => {
    for (const change of changes)
      if (change.type === "select" && change.selected) onSelect?.(change.id);
  };
  return (
    <section className={styles.canvas} aria-label={label}>
      <ReactFlowProvider>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          onNodesChange={onNodesChange}
          fitView
          fitViewOptions={FIT}
          minZoom={0.15}
          maxZoom={1.5}
          nodesDraggable={false}
          nodesConnectable={false}
          edgesFocusable={false}
          deleteKeyCode={null}
          zoomOnScroll={false}
          zoomOnDoubleClick={false}
          panOnDrag={hasFinePointer()}
          preventScrolling={false}
        >
          <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
          <ZoomBar />
        </ReactFlow>
      </ReactFlowProvider>
    </section>
  );
}

const FIT = { padding: 0.16, maxZoom: 1 };

/* On touch a finger on the picture scrolls the page; two fingers and the buttons zoom. */
function hasFinePointer(): boolean {
  return globalThis.matchMedia?.("(pointer: fine)").matches ?? true;
}

function flowNodes(
  definition: Definition,
  states: ReadonlyMap<string, NodeState>,
  types: readonly NodeType[],
  selected: string | undefined,
): FlowNodeType[] {
  const places = positions(definition);
  const order = topological(definition);
  return order.map((node, i) => {
    const type = types.find((known) => known.type === node.type);
    const state = states.get(node.id);
    const next = definition.edges.filter((e) => e.from === node.id);
    const names = next.map((e) =>
      nameOf(definition.nodes.find((n) => n.id === e.to) ?? { id: e.to, type: "" }),
    );
    return {
      id: node.id,
      type: "step",
      position: places.get(node.id) ?? { x: 0, y: 0 },
      width: 196,
      height: 58,
      selected: node.id === selected,
      ariaLabel: [
        nameOf(node),
        t.canvas.typeName[node.type] ?? node.type,
        state ? t.state[state.state].toLowerCase() : "",
        t.canvas.position(i + 1, order.length),
        names.length > 0 ? t.canvas.connectsTo(names.join(", ")) : "",
      ]
        .filter(Boolean)
        .join(", "),
      data: {
        node,
        group: type?.group,
        inputs: inPorts(node, definition.edges, type && portNames(type, "in")),
        outputs: outPorts(node, definition.edges, type && portNames(type, "out")),
        state: state?.state,
        badge: state?.badge,
      },
    };
  });
}

/** Ports that depend on the config are drawn from the edges alone; the type only says that there are some. */
function portNames(type: NodeType, side: "in" | "out"): string[] | undefined {
  const isDynamic = side === "in" ? type.ports.dynamic_in : type.ports.dynamic_out;
  return isDynamic ? undefined : type.ports[side].map((p) => p.name);
}

function flowEdge(edge: DefinitionEdge, states: ReadonlyMap<string, NodeState>): Edge {
  const port = portOf(edge);
  const items = carried(edge, states);
  const target = states.get(edge.to)?.state;
  const parts = [port === "main" ? "" : port, items && items > 1 ? t.run.items(items) : ""];
  const isMoving = (items ?? 0) > 0 && (target === "running" || target === "waiting");
  return {
    id: edgeId(edge),
    source: edge.from,
    target: edge.to,
    sourceHandle: port,
    targetHandle: inPortOf(edge),
    label: parts.filter(Boolean).join(" · ") || undefined,
    labelBgPadding: [6, 3],
    labelBgBorderRadius: 9,
    focusable: false,
    className: isMoving ? "edge-moving" : edgeClass(port, items, states.has(edge.from)),
  };
}

function edgeClass(port: string, items: number | undefined, isSourceDone: boolean): string {
  if (items) return port === "error" ? "edge-error" : "edge-done";
  return isSourceDone ? "edge-off" : "";
}
