// Bundle budgets, gzipped JS + CSS: what the first page loads, and what each other screen adds to it.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const KB = 1024;
const BUDGET = { first: 200 * KB, editor: 350 * KB, other: 120 * KB };

const sizes = new Map();
function size(file) {
  if (!sizes.has(file))
    sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 6 }).length);
  return sizes.get(file);
}

/** Every file that a chunk brings with it, statically. */
function files(key, seen = new Set(), out = new Set()) {
  if (seen.has(key)) return out;
  seen.add(key);
  const chunk = manifest[key];
  out.add(chunk.file);
  for (const css of chunk.css ?? []) out.add(css);
  for (const other of chunk.imports ?? []) files(other, seen, out);
  return out;
}

const sum = (list) => [...list].reduce((total, file) => total + size(file), 0);
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const first = files(entry);
const routes = Object.keys(manifest).filter((key) => manifest[key].isDynamicEntry);
const rows = routes.map((key) => {
  const own = [...files(key)].filter((file) => !first.has(file));
  return { name: key.replace("src/", ""), bytes: sum(own) };
});
const home = rows.find((r) => r.name.includes("routes/home"));
const all = [
  { name: "first route", bytes: sum(first) + (home?.bytes ?? 0), limit: BUDGET.first },
  ...rows.map((r) => ({ ...r, limit: r.name.includes("editor") ? BUDGET.editor : BUDGET.other })),
];
let over = 0;
for (const { name, bytes, limit } of all) {
  const bad = bytes > limit;
  over += bad ? 1 : 0;
  console.log(
    `${bad ? "OVER" : "ok  "} ${(bytes / KB).toFixed(1).padStart(7)} of ${limit / KB} KB gz  ${name}`,
  );
}
process.exit(over ? 1 : 0);
