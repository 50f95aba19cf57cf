/* Issues of the whole workflow, each with the node and field it is about. Pure. */
import type { Definition, DefinitionIssue } from "../api/types";
import { nameOf } from "../canvas/kinds";
import { check, type FieldIssue } from "../forms/check";
import type { FieldSchema } from "../forms/schema";
import type { TypeMap } from "./graph";

export interface Issue {
  node: string | null;
  name: string;
  /** Inside the config: "url", "rules[0].condition"; or another member of the node. */
  path: string;
  text: string;
  severity: "error" | "warning";
}

const IN_NODE = /^(?:definition\.)?nodes\[(\d+)\]\.?(.*)$/;
const IN_EDGE = /^(?:definition\.)?edges\[(\d+)\]/;

/** The server's issues name places in the document they were found in: `of` is that document. */
export function fromServer(list: readonly DefinitionIssue[], of: Definition): Issue[] {
  return list.map(({ field, issue, severity }) => {
    const [, at, rest = ""] = IN_NODE.exec(field) ?? [];
    const edge = of.edges[Number(IN_EDGE.exec(field)?.[1] ?? -1)];
    const node = of.nodes[Number(at ?? -1)] ?? of.nodes.find((n) => n.id === edge?.from);
    return {
      node: node?.id ?? null,
      name: node ? nameOf(node) : "",
      path: rest.replace(/^config\.?/, ""),
      text: issue,
      severity,
    };
  });
}

/** What the schemas say already while the server is being asked. */
export function fromSchemas(d: Definition, types: TypeMap): Issue[] {
  return d.nodes.flatMap((node) => {
    const type = types.get(node.type);
    if (!type) return [];
    return check(type.schema as FieldSchema, node.config).map((issue) => ({
      node: node.id,
      name: nameOf(node),
      path: issue.path,
      text: issue.text,
      severity: "error" as const,
    }));
  });
}

/** The server's word counts; the schemas add what it hasn't spoken about. */
export function joined(server: readonly Issue[], own: readonly Issue[]): Issue[] {
  const said = new Set(server.map((i) => `${i.node} ${i.path}`));
  return [...server, ...own.filter((i) => !said.has(`${i.node} ${i.path}`))];
}

export function countByNode(issues: readonly Issue[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { node } of issues) if (node) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}

export function fieldIssues(issues: readonly Issue[], node: string): FieldIssue[] {
  return issues.filter((i) => i.node === node).map(({ path, text }) => ({ path, text }));
}
