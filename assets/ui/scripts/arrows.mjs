// Imports go one way: routes -> editor, forms, canvas, parts, live -> api -> ui -> text. A route never imports another.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const src = fileURLToPath(new URL("../src", import.meta.url));
const allowed = {
  text: [],
  styles: [],
  ui: ["text", "styles"],
  api: ["ui", "text"],
  live: ["api", "ui", "text"],
  parts: ["api", "ui", "text"],
  canvas: ["api", "ui", "text", "styles"],
  forms: ["api", "ui", "text", "canvas", "styles"],
  editor: ["api", "ui", "text", "live", "canvas", "forms", "styles"],
  shell: ["api", "ui", "text", "live"],
  routes: ["api", "ui", "text", "live", "parts", "canvas", "forms", "editor", "styles"],
};

const parts = (file) => relative(src, file).split(sep);
const bad = [];
for (const entry of readdirSync(src, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath ?? entry.path, entry.name);
  const [area, feature] = parts(file);
  if (!/\.tsx?$/.test(file) || !(area in allowed) || /\.test\.tsx?$/.test(file)) continue;
  for (const [, path] of readFileSync(file, "utf8").matchAll(
    /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g,
  )) {
    const [to, toFeature] = parts(normalize(join(dirname(file), path)));
    const isOwn = to === area && (area !== "routes" || toFeature === feature);
    if (!isOwn && !allowed[area].includes(to)) bad.push(`${relative(src, file)} imports ${path}`);
  }
}
for (const line of bad) console.error(`arrow: ${line}`);
process.exit(bad.length ? 1 : 0);
