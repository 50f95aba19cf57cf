/* Each pair of text and background that the app uses reaches its contrast in both themes (WCAG 2.2). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css =
  readFileSync("src/styles/tokens.css", "utf8").split("@media (prefers-contrast")[0] ?? "";
const tokens = new Map(
  [...css.matchAll(/--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g)].map(
    ([, name = "", light = "", dark = ""]) => [name, { light, dark }],
  ),
);

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(front: string, back: string, theme: "light" | "dark"): number {
  const [a, b] = [front, back].map((name) => {
    const token = tokens.get(name);
    if (!token) throw new Error(`no token --${name}`);
    return luminance(token[theme]);
  });
  return (Math.max(a ?? 0, b ?? 0) + 0.05) / (Math.min(a ?? 0, b ?? 0) + 0.05);
}

const TEXT = 4.5;
const SHAPE = 3;
const STATES = [
  "queued",
  "running",
  "waiting",
  "paused",
  "succeeded",
  "failed",
  "cancelled",
  "skipped",
  "unknown",
];
const PLACES = ["bg", "surface", "raised", "sunken", "hover", "active", "canvas"];
const KINDS = ["trigger", "action", "logic", "data", "human", "ai"];

const pairs: [front: string, back: string, least: number][] = [
  ...["text", "text-2", "text-3", "accent-text"].flatMap((f) =>
    PLACES.map((b): [string, string, number] => [f, b, TEXT]),
  ),
  ...STATES.flatMap((s) =>
    [`${s}-soft`, "surface", "bg", "raised", "canvas", "hover"].map(
      (b): [string, string, number] => [s, b, TEXT],
    ),
  ),
  ...STATES.map((s): [string, string, number] => ["text", `${s}-soft`, TEXT]),
  ...KINDS.flatMap((k): [string, string, number][] => [
    [`kind-${k}`, `kind-${k}-soft`, TEXT],
    [`kind-${k}`, "raised", SHAPE],
  ]),
  ...["key", "string", "number", "keyword", "comment"].map((c): [string, string, number] => [
    `code-${c}`,
    "code-bg",
    TEXT,
  ]),
  ...["accent", "accent-hover", "danger-fill"].map((b): [string, string, number] => [
    "on-accent",
    b,
    TEXT,
  ]),
  ...["text", "text-2", "accent-text"].map((f): [string, string, number] => [
    f,
    "accent-soft",
    TEXT,
  ]),
  ...["control-border", "focus", "accent"].flatMap((f) =>
    ["surface", "bg", "raised", "sunken", "canvas"].map((b): [string, string, number] => [
      f,
      b,
      SHAPE,
    ]),
  ),
  ...["chart-run", "chart-ok", "chart-bad"].map((f): [string, string, number] => [
    f,
    "surface",
    SHAPE,
  ]),
  ["expr", "expr-soft", TEXT],
  ["note-text", "note-bg", TEXT],
];

describe.each(["light", "dark"] as const)("contrast, %s", (theme) => {
  it.each(pairs)("--%s on --%s is at least %s : 1", (front, back, least) => {
    expect(contrast(front, back, theme)).toBeGreaterThanOrEqual(least);
  });
});
