/*
 * What the forms read of a node type's JSON Schema. The hints are those of flow/node_type.h and no others; a
 * schema that uses more is still a form, only a plainer one.
 */
export type ShowIf = Record<string, unknown>;

export interface FieldSchema {
  type?: string | readonly string[];
  title?: string;
  description?: string;
  default?: unknown;
  examples?: readonly unknown[];
  enum?: readonly unknown[];
  properties?: Record<string, FieldSchema>;
  required?: readonly string[];
  additionalProperties?: boolean | FieldSchema;
  items?: FieldSchema;
  anyOf?: readonly FieldSchema[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  uniqueItems?: boolean;
  "x-widget"?: string;
  "x-placeholder"?: string;
  "x-show-if"?: ShowIf;
  "x-enum-titles"?: readonly string[];
  "x-literal"?: boolean;
  "x-raw"?: boolean;
  "x-format"?: string;
  "x-order"?: number;
  /** Kinds that a connection may be of, with blanks between. */
  "x-connectors"?: string;
}

export type Config = Record<string, unknown>;

export interface FormField {
  name: string;
  schema: FieldSchema;
  required: boolean;
}

/** Fields in the order of the form; hidden ones and those whose condition doesn't hold are left out. */
export function fieldsOf(schema: FieldSchema, config: Config): FormField[] {
  const properties = schema.properties ?? {};
  return Object.entries(properties)
    .filter(([, s]) => s["x-widget"] !== "hidden" && isShown(s["x-show-if"], properties, config))
    .map(([name, s]) => ({
      name,
      schema: s,
      required: schema.required?.includes(name) ?? false,
    }))
    .sort((a, b) => (a.schema["x-order"] ?? 99) - (b.schema["x-order"] ?? 99));
}

export function isShown(
  showIf: ShowIf | undefined,
  properties: Record<string, FieldSchema>,
  config: Config,
): boolean {
  return Object.entries(showIf ?? {}).every(([name, wanted]) => {
    const value = config[name] ?? properties[name]?.default;
    return Array.isArray(wanted) ? wanted.includes(value) : wanted === value;
  });
}

/** What is set in the config but has no field of its own here: shown as JSON, so that nothing is invisible. */
export function restOf(schema: FieldSchema, config: Config): Config {
  const properties = schema.properties ?? {};
  return Object.fromEntries(
    Object.entries(config).filter(([name]) => {
      const s = properties[name];
      return !s || s["x-widget"] === "hidden";
    }),
  );
}

/** A new node begins with what its type needs and has a value for. */
export function starterConfig(schema: FieldSchema): Config {
  const needed = schema.required ?? schema.anyOf?.[0]?.required ?? [];
  const config: Config = {};
  for (const name of needed) {
    const s = schema.properties?.[name];
    const value = s?.default ?? s?.examples?.[0];
    if (value !== undefined) config[name] = value;
  }
  return config;
}

export function titleOf(name: string, schema: FieldSchema): string {
  return schema.title ?? name;
}

export function optionsOf(schema: FieldSchema): readonly unknown[] {
  return schema.enum ?? schema.anyOf?.find((s) => s.enum)?.enum ?? [];
}

export function isExpression(value: unknown): value is string {
  return typeof value === "string" && value.includes("{{");
}

const BY_TYPE: Record<string, string> = {
  string: "text",
  integer: "number",
  number: "number",
  boolean: "switch",
  object: "json",
  array: "list",
};

/** The widget's name: the hint, or what the type suggests. */
export function widgetOf(schema: FieldSchema): string {
  const hint = schema["x-widget"];
  if (hint) return hint;
  if (optionsOf(schema).length > 0) return "select";
  const type = typeof schema.type === "string" ? schema.type : schema.type?.[0];
  return (type && BY_TYPE[type]) || "json";
}
