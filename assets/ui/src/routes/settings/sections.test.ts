import { describe, expect, it } from "vitest";
import { GROUPS, SECTIONS, sectionsFor } from "./sections";

describe("the settings navigation (U13)", () => {
  it("has each section once, in a group that there is", () => {
    expect(new Set(SECTIONS.map((s) => s.id)).size).toBe(SECTIONS.length);
    for (const s of SECTIONS) expect(GROUPS.map((g) => g.id)).toContain(s.group);
  });

  it("offers what the permissions open, and always what needs none", () => {
    const offered = (mine: string[]) =>
      sectionsFor(mine).flatMap((g) => g.sections.map((s) => s.id));
    const free = SECTIONS.filter((s) => !s.permission).map((s) => s.id);
    expect(offered([]).sort()).toEqual([...free].sort());
    expect(offered(["*:*"])).toHaveLength(SECTIONS.length);
  });
});
