import { describe, expect, it } from "vitest";
import { ApiError } from "./error";
import { withReason } from "./reason";

const refused = new ApiError(403, "FORBIDDEN", "permission needed: run:write", [], "r1");
const why = {
  asked: {
    reasons: [
      {
        by: "role",
        allowed: false,
        text: "The role viewer doesn't include run:write. These do: editor.",
      },
    ],
  },
};
const person = (name: string, role: string, is_me = false) => ({
  kind: "person",
  name,
  email: null,
  role,
  is_me,
});

describe("a refusal for want of a permission (U14)", () => {
  it("says why, and who can give it", () => {
    const members = {
      items: [person("Olga", "owner"), person("Me", "admin", true), person("Ed", "editor")],
    };
    const told = withReason(refused, why, members);
    expect(told.message).toBe(
      "permission needed: run:write. The role viewer doesn't include run:write. These do: editor. Olga can give it to you.",
    );
    expect(told).toMatchObject({ status: 403, code: "FORBIDDEN", requestId: "r1" });
  });

  it("stays as it was when nobody says why", () => {
    expect(withReason(refused, null, null).message).toBe("permission needed: run:write");
  });
});
