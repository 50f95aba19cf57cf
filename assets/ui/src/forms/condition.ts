/* Conditions as rows of field, operator, value: the form that the server reads beside the text. Pure. */

export const OPERATORS = [
  "eq",
  "ne",
  "gt",
  "gte",
  "lt",
  "lte",
  "contains",
  "not_contains",
  "starts_with",
  "ends_with",
  "exists",
  "not_exists",
  "is_empty",
  "not_empty",
  "is_true",
  "is_false",
] as const;
export type Operator = (typeof OPERATORS)[number];

const ALONE = new Set<Operator>([
  "exists",
  "not_exists",
  "is_empty",
  "not_empty",
  "is_true",
  "is_false",
]);
export const hasValue = (o: Operator) => !ALONE.has(o);

export interface Test {
  field: string;
  operator: Operator;
  value?: unknown;
}

export interface Rows {
  join: "and" | "or";
  tests: Test[];
}

/** The rows of a condition, or undefined when it says more than rows can. */
export function toRows(condition: unknown): Rows | undefined {
  if (condition === undefined || condition === "") return { join: "and", tests: [] };
  if (typeof condition === "string") return fromText(condition);
  if (Array.isArray(condition)) return fromList("and", condition);
  if (typeof condition !== "object" || condition === null) return undefined;
  const keys = Object.keys(condition);
  if (keys.length === 1 && (keys[0] === "and" || keys[0] === "or")) {
    const list = (condition as Record<string, unknown>)[keys[0]];
    return Array.isArray(list) ? fromList(keys[0], list) : undefined;
  }
  return fromList("and", [condition]);
}

function fromList(join: "and" | "or", list: readonly unknown[]): Rows | undefined {
  const tests = list.map(testOf);
  return tests.every((x): x is Test => x !== undefined) ? { join, tests } : undefined;
}

function testOf(value: unknown): Test | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { field, operator, value: right, ...more } = value as Record<string, unknown>;
  const known = OPERATORS.find((o) => o === operator);
  if (typeof field !== "string" || !known || Object.keys(more).length > 0) return undefined;
  return hasValue(known) ? { field, operator: known, value: right } : { field, operator: known };
}

const SIGNS: Record<string, Operator> = {
  "==": "eq",
  "!=": "ne",
  ">": "gt",
  ">=": "gte",
  "<": "lt",
  "<=": "lte",
  contains: "contains",
};
const PLAIN =
  /^\{\{\s*([\w.[\]-]+)\s*\}\}\s*(==|!=|>=|<=|>|<|contains)\s*(-?\d+(?:\.\d+)?|'[^']*'|"[^"]*"|true|false)$/;

function fromText(text: string): Rows | undefined {
  for (const join of ["and", "or"] as const) {
    const tests = text
      .trim()
      .split(new RegExp(`\\s+${join}\\s+`))
      .map(plainTest);
    if (tests.every((x): x is Test => x !== undefined)) return { join, tests };
  }
  return undefined;
}

function plainTest(text: string): Test | undefined {
  const [, field, sign, right] = PLAIN.exec(text.trim()) ?? [];
  const operator = SIGNS[sign ?? ""];
  if (!field || !operator || right === undefined) return undefined;
  const value = /^['"]/.test(right) ? right.slice(1, -1) : (JSON.parse(right) as unknown);
  return { field: `{{${field}}}`, operator, value };
}

export function fromRows({ join, tests }: Rows): unknown {
  if (tests.length === 0) return undefined;
  return tests.length === 1 ? tests[0] : { [join]: tests };
}

/** One line for the canvas and for the text mode; undefined for what has no text here. */
export function toText(condition: unknown): string | undefined {
  if (typeof condition === "string") return condition;
  const rows = toRows(condition);
  if (!rows) return undefined;
  const sign = (o: Operator) => Object.entries(SIGNS).find(([, name]) => name === o)?.[0];
  const lines = rows.tests.map((x) => {
    const op = sign(x.operator);
    const left = x.field.startsWith("{{") ? x.field : `{{${rooted(x.field)}}}`;
    return op && `${left} ${op} ${literal(x.value)}`;
  });
  return lines.every(Boolean) ? lines.join(` ${rows.join} `) : undefined;
}

const ROOTS = /^(trigger|run|workflow|vars|item|items)\./;

function rooted(field: string): string {
  return ROOTS.test(field) ? field : `item.${field}`;
}

function literal(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value ?? null);
  return value.startsWith("{{") ? value : `'${value.replaceAll("'", "\\'")}'`;
}
