/* A JSON value as the lines of its printed form, with closed parts folded into one line. No React here. */

export interface JsonRow {
  path: string;
  depth: number;
  name: string | null;
  kind: "string" | "number" | "keyword" | "open" | "close" | "closed";
  text: string;
  comma: boolean;
}

function scalar(value: unknown): Pick<JsonRow, "kind" | "text"> {
  if (typeof value === "string") return { kind: "string", text: JSON.stringify(value) };
  if (typeof value === "number") return { kind: "number", text: String(value) };
  return { kind: "keyword", text: String(value) };
}

export function jsonRows(value: unknown, closed: ReadonlySet<string>): JsonRow[] {
  const rows: JsonRow[] = [];
  const walk = (v: unknown, name: string | null, path: string, depth: number, comma: boolean) => {
    if (v === null || typeof v !== "object") {
      rows.push({ path, depth, name, comma, ...scalar(v) });
      return;
    }
    const isList = Array.isArray(v);
    const entries: [string, unknown][] = Object.entries(v);
    const [left, right] = isList ? ["[", "]"] : ["{", "}"];
    if (entries.length === 0 || closed.has(path)) {
      const inside = entries.length === 0 ? "" : ` ${entries.length} `;
      const kind = entries.length === 0 ? "keyword" : "closed";
      rows.push({ path, depth, name, comma, kind, text: `${left}${inside}${right}` });
      return;
    }
    rows.push({ path, depth, name, comma: false, kind: "open", text: left });
    entries.forEach(([key, child], i) => {
      walk(child, isList ? null : key, `${path}/${key}`, depth + 1, i < entries.length - 1);
    });
    rows.push({ path: `${path}/`, depth, name: null, comma, kind: "close", text: right });
  };
  walk(value, null, "", 0, false);
  return rows;
}
