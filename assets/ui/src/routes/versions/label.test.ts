import { expect, test } from "vitest";
import { nextLabels } from "./label";

test("the next labels are a patch, a minor and a major one", () => {
  expect(nextLabels("1.4.9")).toEqual(["1.4.10", "1.5.0", "2.0.0"]);
  expect(nextLabels("first try")).toEqual([]);
});
