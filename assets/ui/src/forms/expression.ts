/* Expressions as text: where they are, what can be completed, what a plain path is worth. Pure. */

export interface Part {
  text: string;
  isExpression: boolean;
}

export function parts(text: string): Part[] {
  const out: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(/\{\{.*?(?:\}\}|$)/gs)) {
    if (match.index > at) out.push({ text: text.slice(at, match.index), isExpression: false });
    out.push({ text: match[0], isExpression: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) out.push({ text: text.slice(at), isExpression: false });
  return out;
}

export interface Completing {
  /** Where the word under completion begins in the text. */
  from: number;
  /** The members before it: `trigger.payload.am` -> ["trigger", "payload"]. */
  path: string[];
  word: string;
}

/** The path that is being written at the caret, or undefined outside of an expression. */
export function completingAt(text: string, caret: number): Completing | undefined {
  const start = text.lastIndexOf("{{", caret - 1);
  if (start < 0 || caret < start + 2) return undefined;
  const written = text.slice(start + 2, caret);
  if (written.includes("}}")) return undefined;
  const path = /[A-Za-z_][\w\-.]*$|$/.exec(written)?.[0] ?? "";
  const names = path.split(".");
  const word = names.pop() ?? "";
  return { from: caret - word.length, path: names, word };
}

/** `roots` are what an expression may begin with, with example values where a run gave some. */
export type Roots = Readonly<Record<string, unknown>>;

export interface Suggestion {
  name: string;
  hint: string;
}

const MOST = 12;

export function suggestions(at: Completing, roots: Roots): Suggestion[] {
  const inside = at.path.length === 0 ? roots : member(roots, at.path);
  if (typeof inside !== "object" || inside === null || Array.isArray(inside)) return [];
  const word = at.word.toLowerCase();
  return Object.entries(inside)
    .filter(([name]) => name.toLowerCase().includes(word) && name !== at.word)
    .sort(([a], [b]) => rank(a, word) - rank(b, word))
    .slice(0, MOST)
    .map(([name, value]) => ({ name, hint: shortValue(value) }));
}

const rank = (name: string, word: string) => (name.toLowerCase().startsWith(word) ? 0 : 1);

function member(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

export function shortValue(value: unknown): string {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

const PATH = /^\{\{\s*([A-Za-z_][\w-]*(?:(?:\.[A-Za-z_][\w-]*)|(?:\[\d+\]))*)\s*\}\}$/;

/**
 * What the text was worth with the values of the last run, if each expression in it is a plain path whose value
 * is known. Anything more is the server's to say.
 */
export function preview(text: string, roots: Roots): { value: unknown } | undefined {
  const values: unknown[] = [];
  const list = parts(text);
  for (const part of list) {
    if (!part.isExpression) {
      values.push(part.text);
      continue;
    }
    const path = PATH.exec(part.text)?.[1];
    if (!path) return undefined;
    const value = member(roots, path.replace(/\[(\d+)\]/g, ".$1").split("."));
    if (value === undefined) return undefined;
    values.push(value);
  }
  if (!list.some((p) => p.isExpression)) return undefined;
  if (values.length === 1) return { value: values[0] };
  return { value: values.map((v) => (typeof v === "string" ? v : JSON.stringify(v))).join("") };
}
