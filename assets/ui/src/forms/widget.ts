/* What every widget is given. `onChange(undefined)` takes the field out of the config. */
import { createContext, useContext } from "react";
import type { ControlProps } from "../ui/Field";
import type { Roots } from "./expression";
import type { Config, FieldSchema } from "./schema";

export interface WidgetProps {
  label: string;
  control: ControlProps;
  schema: FieldSchema;
  value: unknown;
  /** The whole config: a cron rule is read with its time zone. */
  siblings: Config;
  onChange: (value: unknown) => void;
  onBlur: () => void;
}

export interface FormHelp {
  roots: Roots;
  readOnly: boolean;
}

export const FormHelpContext = createContext<FormHelp>({ roots: {}, readOnly: false });

export function useFormHelp(): FormHelp {
  return useContext(FormHelpContext);
}

/** Any value as the text of an input. */
export function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
