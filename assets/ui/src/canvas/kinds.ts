/* How a node type looks and what its one grey line says. Server types bring their group; the rest is taste. */
import {
  CalendarClock,
  CircleDot,
  CornerDownLeft,
  CornerRightDown,
  Filter,
  GitBranch,
  GitFork,
  Globe,
  Hourglass,
  type LucideIcon,
  Merge,
  MousePointerClick,
  OctagonX,
  PencilLine,
  Repeat,
  Split,
  Timer,
  TriangleAlert,
  Webhook,
  Workflow,
} from "lucide-react";
import type { DefinitionNode } from "../api/types";
import { t } from "../text/en";

export type Family = "trigger" | "action" | "logic" | "data" | "human" | "ai";

export interface Kind {
  family: Family;
  icon: LucideIcon;
  line: (config: Record<string, unknown>) => string;
}

const FAMILIES: readonly Family[] = ["trigger", "action", "logic", "data", "human", "ai"];

const text = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : "";

/** "https://ledger.internal/entries?x=1" -> "ledger.internal/entries": the part that tells calls apart. */
function place(url: string): string {
  return url.replace(/^https?:\/\//, "").replace(/\?.*$/, "");
}

const KINDS: Record<string, Kind> = {
  webhook: {
    family: "trigger",
    icon: Webhook,
    line: (c) => [text(c.method), text(c.path)].filter(Boolean).join(" ") || t.canvas.webhook,
  },
  schedule: {
    family: "trigger",
    icon: CalendarClock,
    line: (c) =>
      text(c.cron) || (c.every ? t.canvas.every(text(c.every)) : text(c.at)) || t.canvas.schedule,
  },
  manual: { family: "trigger", icon: MousePointerClick, line: () => t.canvas.manual },
  called: { family: "trigger", icon: CornerRightDown, line: () => t.canvas.called },
  run_workflow: { family: "action", icon: Workflow, line: () => t.canvas.runWorkflow },
  error: { family: "trigger", icon: TriangleAlert, line: () => t.canvas.error },
  http_request: {
    family: "action",
    icon: Globe,
    line: (c) => `${text(c.method) || "GET"} ${place(text(c.url))}`.trim(),
  },
  set: { family: "data", icon: PencilLine, line: () => t.canvas.set },
  if: { family: "logic", icon: GitBranch, line: (c) => text(c.condition) || t.canvas.if },
  filter: { family: "logic", icon: Filter, line: (c) => text(c.condition) || t.canvas.filter },
  switch: { family: "logic", icon: GitFork, line: (c) => text(c.value) || t.canvas.switch },
  merge: { family: "logic", icon: Merge, line: (c) => text(c.mode) || t.canvas.merge },
  split: { family: "data", icon: Split, line: (c) => text(c.list) || t.canvas.split },
  loop: {
    family: "logic",
    icon: Repeat,
    line: (c) =>
      c.mode === "while" ? text(c.condition) : t.canvas.loop(text(c.batch_size) || "1"),
  },
  delay: {
    family: "logic",
    icon: Timer,
    line: (c) =>
      text(c.duration) ||
      text(c.until) ||
      (c.duration_ms ? `${text(c.duration_ms)} ms` : t.canvas.delay),
  },
  wait: {
    family: "logic",
    icon: Hourglass,
    line: (c) => (c.resume === "time" ? text(c.until) || t.canvas.delay : t.canvas.waitsForAnswer),
  },
  respond: {
    family: "action",
    icon: CornerDownLeft,
    line: (c) => t.canvas.respond(text(c.status) || "200"),
  },
  stop: { family: "logic", icon: OctagonX, line: (c) => text(c.message) || t.canvas.stop },
  no_op: { family: "logic", icon: CircleDot, line: () => t.canvas.noOp },
};

/** A type that this build doesn't know is drawn by its group, or as an action. */
export function kindOf(type: string, group?: string): Kind {
  const known = KINDS[type];
  if (known) return known;
  const family = FAMILIES.find((f) => f === group) ?? "action";
  return { family, icon: Workflow, line: () => type };
}

export function isTrigger(type: string, group?: string): boolean {
  return kindOf(type, group).family === "trigger";
}

export function nameOf(node: Pick<DefinitionNode, "id" | "type" | "name">): string {
  return node.name || t.canvas.typeName[node.type] || node.id;
}
