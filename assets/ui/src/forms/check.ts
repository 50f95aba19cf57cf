/*
 * Checks a config against its schema as it is typed, in sentences for people. The server's check is the one that
 * counts; this one saves the wait. A text with {{ }} is accepted wherever a value is: its type is known at run
 * time only.
 */
import { t } from "../text/en";
import { type FieldSchema, isExpression, isShown } from "./schema";

export interface FieldIssue {
  /** "headers.Accept", "rules[0].condition"; empty for the config itself. */
  path: string;
  text: string;
}

export function check(schema: FieldSchema, value: unknown, path = ""): FieldIssue[] {
  if (isExpression(value) && !schema["x-literal"]) return [];
  if (!hasType(schema.type, value)) return [{ path, text: t.forms.wrongType(typeWords(schema)) }];
  const own = checkValue(schema, value, path);
  if (own.length > 0) return own;
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return checkObject(schema, value as Record<string, unknown>, path);
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.flatMap((v, i) => check(items, v, `${path}[${i}]`)) : [];
  }
  return [];
}

function checkValue(s: FieldSchema, value: unknown, path: string): FieldIssue[] {
  const say = (text: string) => [{ path, text }];
  if (s.enum && !s.enum.includes(value))
    return say(t.forms.notOneOf(s.enum.map(String).join(", ")));
  if (typeof value === "number") {
    if (s.minimum !== undefined && value < s.minimum) return say(t.forms.atLeast(s.minimum));
    if (s.maximum !== undefined && value > s.maximum) return say(t.forms.atMost(s.maximum));
  }
  if (typeof value === "string") {
    if (s.minLength && value.length < s.minLength) return say(t.forms.empty);
    if (s.maxLength !== undefined && value.length > s.maxLength)
      return say(t.forms.tooLong(s.maxLength));
    if (s.pattern && !new RegExp(s.pattern, "u").test(value)) return say(t.forms.pattern);
  }
  if (Array.isArray(value)) {
    if (s.minItems && value.length < s.minItems) return say(t.forms.fewItems(s.minItems));
    if (s.maxItems !== undefined && value.length > s.maxItems)
      return say(t.forms.manyItems(s.maxItems));
  }
  if (s.anyOf) return checkAny(s.anyOf, value, path);
  return [];
}

/** Branches that only name what is required are told as such; else the nearest branch speaks. */
function checkAny(branches: readonly FieldSchema[], value: unknown, path: string): FieldIssue[] {
  const results = branches.map((b) => check(b, value, path));
  if (results.some((r) => r.length === 0)) return [];
  if (branches.every((b) => b.required && !b.properties))
    return [{ path, text: t.forms.oneOf(branches.map((b) => b.required?.join(" + ") ?? "")) }];
  return results.reduce((a, b) => (b.length < a.length ? b : a));
}

function checkObject(s: FieldSchema, value: Record<string, unknown>, path: string): FieldIssue[] {
  const properties = s.properties ?? {};
  const at = (name: string) => (path ? `${path}.${name}` : name);
  const missing = (s.required ?? [])
    .filter((name) => value[name] === undefined)
    .map((name) => ({ path: at(name), text: t.forms.needed }));
  const wrong = Object.entries(value).flatMap(([name, v]) => {
    const own = properties[name];
    if (own) return isShown(own["x-show-if"], properties, value) ? check(own, v, at(name)) : [];
    if (typeof s.additionalProperties === "object")
      return check(s.additionalProperties, v, at(name));
    return [];
  });
  return [...missing, ...wrong];
}

function hasType(type: FieldSchema["type"], value: unknown): boolean {
  if (type === undefined) return true;
  const types = typeof type === "string" ? [type] : type;
  return types.some((name) => {
    if (name === "integer") return Number.isInteger(value);
    if (name === "array") return Array.isArray(value);
    if (name === "null") return value === null;
    if (name === "object")
      return typeof value === "object" && value !== null && !Array.isArray(value);
    return typeof value === name;
  });
}

function typeWords(s: FieldSchema): string {
  const types = typeof s.type === "string" ? [s.type] : (s.type ?? []);
  return types.map((name) => t.forms.typeWord[name] ?? name).join(t.forms.or);
}
