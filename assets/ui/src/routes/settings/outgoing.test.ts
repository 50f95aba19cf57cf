import { describe, expect, it } from "vitest";
import { ApiError } from "../../api/error";
import { draftOf, issueIn, settingsOf } from "./outgoing";

const draft = { limited: true, hosts: "", networks: "", proxy: "", user: "", password: "" };
const nobody = { proxy_user: null, proxy_password_set: false };

describe("the outgoing settings (S18)", () => {
  it("keeps no list and an empty list apart", () => {
    expect(settingsOf({ ...draft, limited: false, hosts: "a.test" }).hosts).toBeNull();
    expect(settingsOf(draft).hosts).toEqual([]);
    expect(draftOf({ hosts: [], networks: [], proxy: null, ...nobody, etag: 1 }).limited).toBe(
      true,
    );
    expect(draftOf({ hosts: null, networks: [], proxy: null, ...nobody, etag: 0 }).limited).toBe(
      false,
    );
  });

  it("comes back as it was", () => {
    const settings = {
      hosts: ["a.test", "*.b.test:8443"],
      networks: ["10.1.0.0/16"],
      proxy: "http://p:3128",
      proxy_user: "mill",
    };
    expect(settingsOf(draftOf({ ...settings, proxy_password_set: true, etag: 3 }))).toEqual({
      ...settings,
      proxy_password: null,
    });
  });

  it("sends a password with its user and proxy alone", () => {
    const full = { ...draft, proxy: "http://p:3128", user: "mill", password: " s " };
    expect(settingsOf(full).proxy_password).toBe(" s ");
    expect(settingsOf({ ...full, user: " " })).toMatchObject({
      proxy_user: null,
      proxy_password: null,
    });
    expect(settingsOf({ ...full, proxy: "" })).toMatchObject({
      proxy_user: null,
      proxy_password: null,
    });
  });

  it("names the line that was refused, blank ones counted", () => {
    const error = new ApiError(400, "VALIDATION_ERROR", "no", [
      { field: "hosts[1]", issue: "is no host" },
      { field: "proxy", issue: "is no proxy" },
    ]);
    expect(issueIn(error, "hosts", "a.test\n\nhttp://b\n")).toBe("Line 3: is no host");
    expect(issueIn(error, "proxy", "x")).toBe("is no proxy");
    expect(issueIn(error, "networks", "")).toBeUndefined();
    expect(issueIn(null, "hosts", "")).toBeUndefined();
  });
});
