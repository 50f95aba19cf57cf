import "@xyflow/react/dist/base.css";
import "../styles/canvas.css";
import {
  Background,
  BackgroundVariant,
  type Connection,
  type EdgeChange,
  type FinalConnectionState,
  MiniMap,
  type NodeChange,
  ReactFlow,
  useReactFlow,
} from "@xyflow/react";
import { useMemo, useRef, useState } from "react";
import { FlowNode, type FlowNodeType } from "../canvas/FlowNode";
import type { Position } from "../canvas/graph";
import type { NodeState } from "../canvas/runState";
import { t } from "../text/en";
import { GRID } from "./adding";
import styles from "./Canvas.module.css";
import { connect, move, withPorts } from "./commands";
import { useEditor, useEditorState } from "./context";
import { flowEdges, flowNodes } from "./flow";
import { whyNot } from "./graph";
import { firstView, keepView } from "./viewport";

const NODE_TYPES = { step: FlowNode };
const GRID_STEP: [number, number] = [GRID, GRID];
const MAP_FROM = 6;

interface CanvasProps {
  workflowId: string;
  states: ReadonlyMap<string, NodeState>;
  issues: ReadonlyMap<string, number>;
}

/** The picture that is edited: it draws the document, and turns gestures into commands. */
export function Canvas({ workflowId, states, issues }: CanvasProps) {
  const { store, types, readOnly } = useEditor();
  const definition = useEditorState((s) => s.definition);
  const chosen = useEditorState((s) => s.nodes);
  const chosenEdges = useEditorState((s) => s.edges);
  const [drag, setDrag] = useState<ReadonlyMap<string, Position> | null>(null);
  const cache = useRef(new Map());
  const [view] = useState(() => firstView(workflowId, definition));
  const gestures = useGestures();

  const still = useMemo(
    () =>
      flowNodes(definition, { types, states, issues, selected: new Set(chosen) }, cache.current),
    [definition, types, states, issues, chosen],
  );
  const nodes = useMemo(
    () => (drag ? still.map((n) => moved(n, drag.get(n.id))) : still),
    [still, drag],
  );
  const edges = useMemo(
    () => flowEdges(definition, new Set(chosenEdges), states),
    [definition, chosenEdges, states],
  );

  const onNodesChange = (changes: NodeChange<FlowNodeType>[]) => {
    const picked = new Set(chosen);
    const places = new Map(drag);
    for (const c of changes) {
      if (c.type === "select") c.selected ? picked.add(c.id) : picked.delete(c.id);
      if (c.type === "position" && c.dragging && c.position) places.set(c.id, c.position);
    }
    if (changes.some((c) => c.type === "select")) store.select([...picked], store.getState().edges);
    if (changes.some((c) => c.type === "position" && c.dragging)) setDrag(places);
  };
  const onEdgesChange = (changes: EdgeChange[]) => {
    const picked = new Set(store.getState().edges);
    for (const c of changes)
      if (c.type === "select") c.selected ? picked.add(c.id) : picked.delete(c.id);
    if (changes.some((c) => c.type === "select")) store.setState({ edges: [...picked] });
  };
  const onDragStop = (_event: unknown, _node: unknown, dragged: FlowNodeType[]) => {
    setDrag(null);
    const old = new Map(definition.nodes.map((n) => [n.id, n.position]));
    const to = dragged.filter(
      (n) => old.get(n.id)?.x !== n.position.x || old.get(n.id)?.y !== n.position.y,
    );
    if (to.length > 0)
      store.run(move(definition, new Map(to.map((n) => [n.id, { ...n.position }]))));
  };

  return (
    <ReactFlow
      className={styles.flow}
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      onNodeDragStop={onDragStop}
      onSelectionDragStop={(e, dragged) => onDragStop(e, null, dragged)}
      onNodeClick={(e, node) => {
        // A tap on a port connects; a panel that opened for it would move the other port away.
        if (!(e.target as Element).closest(".react-flow__handle"))
          store.setState({ open: node.id });
      }}
      onPaneClick={() => store.setState({ open: null, nodes: [], edges: [] })}
      {...gestures}
      onMoveEnd={(_e, viewport) => keepView(workflowId, viewport)}
      defaultViewport={view}
      fitView={view === undefined}
      fitViewOptions={FIT}
      minZoom={0.15}
      maxZoom={2}
      snapToGrid
      snapGrid={GRID_STEP}
      nodesDraggable={!readOnly}
      nodesConnectable={!readOnly}
      nodeDragThreshold={8}
      edgesFocusable={false}
      deleteKeyCode={null}
      disableKeyboardA11y
      zoomOnDoubleClick={false}
      onlyRenderVisibleElements
      connectionRadius={28}
      elevateNodesOnSelect={false}
    >
      <Background variant={BackgroundVariant.Dots} gap={GRID} size={1.6} />
      {definition.nodes.length >= MAP_FROM ? (
        <MiniMap className={styles.map} pannable zoomable ariaLabel={t.editor.minimap} />
      ) : null}
    </ReactFlow>
  );
}

const FIT = { padding: 0.2, maxZoom: 1 };

function moved(node: FlowNodeType, position: Position | undefined): FlowNodeType {
  return position ? { ...node, position } : node;
}

/** Connecting: by a drag from port to port, by tapping one and then the other, and by a drag into the empty. */
function useGestures() {
  const { store, types } = useEditor();
  const flow = useReactFlow();
  const tapped = useRef<{ node: string; port: string | null } | null>(null);
  const edgeOf = (c: Pick<Connection, "source" | "target" | "sourceHandle" | "targetHandle">) =>
    withPorts(c.source, c.target, c.sourceHandle ?? undefined, c.targetHandle ?? undefined);
  const refusal = (c: Connection) => whyNot(store.getState().definition, edgeOf(c), types);
  return {
    isValidConnection: (c: Connection | { source: string; target: string }) =>
      refusal(c as Connection) === undefined,
    onConnect: (c: Connection) => store.run(connect(store.getState().definition, edgeOf(c))),
    onConnectEnd: (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
      const { fromHandle, toHandle, toNode, isValid } = state;
      if (isValid || !fromHandle) return;
      if (toHandle && toNode) {
        const [a, b] =
          fromHandle.type === "source" ? [fromHandle, toHandle] : [toHandle, fromHandle];
        const reason = refusal({
          source: a.nodeId,
          target: b.nodeId,
          sourceHandle: a.id ?? null,
          targetHandle: b.id ?? null,
        });
        if (reason && a.nodeId !== b.nodeId) store.say(reason);
        return;
      }
      if (toNode || fromHandle.type !== "source") return;
      store.setState({
        adding: {
          from: { node: fromHandle.nodeId, port: fromHandle.id ?? "main" },
          at: flow.screenToFlowPosition(pointOf(event)),
        },
      });
    },
    onClickConnectStart: (
      _e: unknown,
      from: { nodeId: string | null; handleId: string | null },
    ) => {
      tapped.current = from.nodeId ? { node: from.nodeId, port: from.handleId } : null;
    },
    onClickConnectEnd: (event: MouseEvent | TouchEvent) => {
      const to = (event.target as Element).closest<HTMLElement>(".react-flow__handle")?.dataset;
      const from = tapped.current;
      tapped.current = null;
      if (!from || !to?.nodeid || to.nodeid === from.node) return;
      const d = store.getState().definition;
      const edge = withPorts(from.node, to.nodeid, from.port ?? undefined, to.handleid);
      const isNew = d.edges.some((e) => e.from === edge.from && e.to === edge.to);
      const reason = isNew ? undefined : whyNot(d, edge, types);
      if (reason) store.say(reason);
    },
  };
}

function pointOf(event: MouseEvent | TouchEvent): Position {
  const point = "changedTouches" in event ? event.changedTouches[0] : event;
  return { x: point?.clientX ?? 0, y: point?.clientY ?? 0 };
}
