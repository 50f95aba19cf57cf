/* Widgets by the name that a schema gives them. */
import type { ComponentType } from "react";
import type { WidgetProps } from "./widget";
import { ConditionWidget } from "./widgets/ConditionWidget";
import { ConnectionWidget } from "./widgets/ConnectionWidget";
import { CronWidget } from "./widgets/CronWidget";
import { DatetimeWidget } from "./widgets/DatetimeWidget";
import { DurationWidget } from "./widgets/DurationWidget";
import { JsonWidget } from "./widgets/JsonWidget";
import { KeyValueWidget } from "./widgets/KeyValueWidget";
import { ListWidget } from "./widgets/ListWidget";
import { NumberWidget } from "./widgets/NumberWidget";
import { SecretWidget } from "./widgets/SecretWidget";
import { SelectWidget } from "./widgets/SelectWidget";
import { SwitchWidget } from "./widgets/SwitchWidget";
import { TextareaWidget } from "./widgets/TextareaWidget";
import { TextWidget } from "./widgets/TextWidget";
import { WorkflowWidget } from "./widgets/WorkflowWidget";

interface Entry {
  Widget: ComponentType<WidgetProps>;
  /** Several controls under one title, or one control under its label. */
  shape: "one" | "group" | "inline";
  /** It can't hold an expression itself: a text field takes its place then. */
  needsSwap?: boolean;
}

const WIDGETS: Record<string, Entry> = {
  text: { Widget: TextWidget, shape: "one" },
  path: { Widget: TextWidget, shape: "one" },
  textarea: { Widget: TextareaWidget, shape: "one" },
  code: { Widget: TextareaWidget, shape: "one" },
  json: { Widget: JsonWidget, shape: "one" },
  schema: { Widget: JsonWidget, shape: "one" },
  number: { Widget: NumberWidget, shape: "one" },
  switch: { Widget: SwitchWidget, shape: "inline", needsSwap: true },
  select: { Widget: SelectWidget, shape: "one", needsSwap: true },
  duration: { Widget: DurationWidget, shape: "one", needsSwap: true },
  datetime: { Widget: DatetimeWidget, shape: "one", needsSwap: true },
  "key-value": { Widget: KeyValueWidget, shape: "group" },
  list: { Widget: ListWidget, shape: "group" },
  condition: { Widget: ConditionWidget, shape: "group" },
  connection: { Widget: ConnectionWidget, shape: "one" },
  workflow: { Widget: WorkflowWidget, shape: "one" },
  secret: { Widget: SecretWidget, shape: "one" },
  cron: { Widget: CronWidget, shape: "one" },
};

/** A widget that this build doesn't know is a text field for its JSON. */
export function widget(name: string): Entry {
  return WIDGETS[name] ?? { Widget: JsonWidget, shape: "one" };
}
