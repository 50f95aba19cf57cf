import { describe, expect, it } from "vitest";
import type { Connection, Connector } from "../../api/types";
import { changeOf, draftOf, issuesIn, issuesOf, rebase } from "./draft";

const KIND: Connector = {
  name: "bearer",
  title: "Bearer token",
  description: "",
  config: {
    type: "object",
    required: ["hosts"],
    properties: { hosts: { type: "array", minItems: 1, items: { type: "string" } } },
  },
  secret: {
    type: "object",
    required: ["token"],
    properties: { token: { type: "string", minLength: 4, "x-literal": true } },
  },
};
const OLD = {
  name: "Ledger",
  visibility: "workspace",
  config: { hosts: ["a.example"] },
} as unknown as Connection;

describe("what is sent of a changed connection", () => {
  it("is what changed, and nothing when nothing did", () => {
    expect(changeOf(draftOf(OLD), OLD)).toEqual({});
    expect(changeOf({ ...draftOf(OLD), name: " Books " }, OLD)).toEqual({ name: "Books" });
    const moved = { ...draftOf(OLD), config: { hosts: ["b.example"] }, secret: { token: "abcd" } };
    expect(changeOf(moved, OLD)).toEqual({
      config: { hosts: ["b.example"] },
      secret: { token: "abcd" },
    });
  });
});

describe("a draft kept while somebody else saved", () => {
  it("has what was typed, and theirs where nothing was", () => {
    const theirs = { ...OLD, name: "Theirs", config: { hosts: ["b.example"] } };
    const named = rebase({ ...draftOf(OLD), name: "Mine" }, OLD, theirs);
    expect(changeOf(named, theirs)).toEqual({ name: "Mine" });
    const secret = rebase({ ...draftOf(OLD), secret: { token: "abcd" } }, OLD, theirs);
    expect(changeOf(secret, theirs)).toEqual({ secret: { token: "abcd" } });
  });
});

describe("what is wrong with a connection", () => {
  it("is told by the field of its part", () => {
    const draft = { ...draftOf(OLD), config: {}, secret: { token: "ab{{" } };
    const issues = issuesOf(KIND, draft, false);
    expect(issuesIn(issues, "config").map((i) => i.path)).toEqual(["hosts"]);
    expect(issuesIn(issues, "secret")).toEqual([]);
  });

  it("is no secret that is kept", () => {
    expect(issuesOf(KIND, draftOf(OLD), true)).toEqual([]);
    expect(issuesOf(KIND, draftOf(OLD), false).map((i) => i.path)).toEqual(["secret.token"]);
  });
});
