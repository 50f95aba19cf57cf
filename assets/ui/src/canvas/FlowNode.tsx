import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo, type ReactNode } from "react";
import type { DefinitionNode } from "../api/types";
import { t } from "../text/en";
import { cx } from "../ui/cx";
import { StatePill } from "../ui/StatePill";
import type { State } from "../ui/state";
import styles from "./FlowNode.module.css";
import { kindOf, nameOf } from "./kinds";
import { Tile } from "./Tile";

export interface FlowNodeData extends Record<string, unknown> {
  node: DefinitionNode;
  /** Group of the node type, for types this build has no picture for. */
  group?: string;
  inputs: readonly string[];
  outputs: readonly string[];
  state?: State;
  /** Stands on the top edge in place of the state's word: "9 items", "18 ms", "4 tries". */
  badge?: string;
  /** The editor hangs its own marks here: issue count, pin, presence. */
  marks?: ReactNode;
}

export type FlowNodeType = Node<FlowNodeData, "step">;

/** A node of the canvas: 196 × 58, icon tile in the family's colour, name, one grey line, ports, badge. */
export const FlowNode = memo(function FlowNode({
  data,
  selected,
  isConnectable,
}: NodeProps<FlowNodeType>) {
  const { node, inputs, outputs, state } = data;
  const kind = kindOf(node.type, data.group);
  const isOff = node.disabled === true;
  return (
    <div
      className={cx(
        styles.node,
        kind.family === "trigger" && styles.first,
        state && styles[state],
        isOff && styles.off,
        selected && styles.selected,
      )}
    >
      {inputs.map((port, i) => (
        <Port
          key={port}
          kind="target"
          name={port}
          at={(i + 1) / (inputs.length + 1)}
          connectable={isConnectable}
        />
      ))}
      <Tile kind={kind} className={styles.tile} />
      <span className={styles.words}>
        <b className={styles.name}>{nameOf(node)}</b>
        <small className={styles.line}>{isOff ? t.canvas.off : kind.line(node.config)}</small>
      </span>
      {state ? (
        <span className={styles.badge}>
          <StatePill state={state} word={data.badge} small />
        </span>
      ) : null}
      {data.marks}
      {outputs.map((port, i) => (
        <Port
          key={port}
          kind="source"
          name={port}
          at={(i + 1) / (outputs.length + 1)}
          connectable={isConnectable}
        />
      ))}
    </div>
  );
});

interface PortProps {
  kind: "source" | "target";
  name: string;
  /** 0..1 of the node's height. */
  at: number;
  connectable: boolean;
}

function Port({ kind, name, at, connectable }: PortProps) {
  return (
    <Handle
      id={name}
      type={kind}
      position={kind === "target" ? Position.Left : Position.Right}
      isConnectable={connectable}
      className={cx(styles.port, name === "error" && styles.error)}
      style={{ top: `${at * 100}%` }}
    />
  );
}
