import { expect, test } from "vitest";
import { t } from "./en";

const files: Record<string, string> = import.meta.glob("../**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
});
const shown = new Set(
  Object.entries(files)
    .filter(([path]) => !path.startsWith("./en/") && !path.includes(".test."))
    .flatMap(([, text]) => [...text.matchAll(/\bt\.(\w+(?:\[|\s*\.\w+))/g)])
    .map(([, path = ""]) => path.replace(/\s/g, "")),
);

test("each text is shown somewhere", () => {
  const unused = Object.entries(t).flatMap(([section, texts]) =>
    // A section that is looked up by state has a text for each.
    shown.has(`${section}[`)
      ? []
      : Object.keys(texts)
          .map((key) => `${section}.${key}`)
          .filter((path) => !shown.has(path)),
  );
  expect(unused).toEqual([]);
});
