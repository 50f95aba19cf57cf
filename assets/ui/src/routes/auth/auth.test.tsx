import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { makeMe } from "../../test/fixtures";
import { AuthPage } from "./page";
import { safePath } from "./safePath";

const requests: { path: string; body: unknown; key: string | null }[] = [];

/** The server's answers, one a call; an Error is a network that failed. */
function answer(...answers: (Response | Error)[]) {
  requests.length = 0;
  vi.stubGlobal("fetch", async (request: Request) => {
    requests.push({
      path: new URL(request.url).pathname,
      body: await request.clone().json(),
      key: request.headers.get("Idempotency-Key"),
    });
    const next = answers.shift() ?? new Error("no more answers");
    if (next instanceof Error) throw next;
    return next;
  });
}

function refusal(
  status: number,
  message: string,
  issues: { field: string; issue: string }[] = [],
): Response {
  const error = { code: "CONFLICT", message, details: issues[0] ?? {}, issues };
  return Response.json({ error, request_id: "req-1" }, { status });
}

function open(mode: "login" | "register", search = "") {
  const location = memoryLocation({ path: `/${mode}`, searchPath: search, record: true });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Router hook={location.hook} searchHook={location.searchHook}>
        <AuthPage mode={mode} />
      </Router>
    </QueryClientProvider>,
  );
  return location;
}

async function fill(values: Record<string, string>, verb: string) {
  for (const [label, value] of Object.entries(values))
    await userEvent.type(screen.getByLabelText(label), value);
  await userEvent.click(screen.getByRole("button", { name: verb }));
}

const signedIn = () => {
  const { workspace_id, csrf_token, ...user } = makeMe();
  return Response.json({ user, workspace_id, csrf_token, expires_at: "2027-01-01T00:00:00.000Z" });
};

afterEach(() => vi.unstubAllGlobals());

describe("signing in", () => {
  it("goes back to the page that asked for it", async () => {
    answer(signedIn());
    const location = open("login", "next=%2Fruns%3Fstatus%3Dfailed");
    await fill({ Email: "maya@example.com", Password: "correct horse" }, "Log in");
    await vi.waitFor(() => expect(location.history.at(-1)).toBe("/runs?status=failed"));
    expect(requests[0]).toMatchObject({
      path: "/api/v1/auth/login",
      body: { email: "maya@example.com" },
    });
  });

  it("says what the server refused, with the request's id", async () => {
    answer(refusal(401, "The email address or the password is wrong."));
    open("login");
    await fill({ Email: "maya@example.com", Password: "wrong" }, "Log in");
    expect((await screen.findByRole("alert")).textContent).toContain(
      "The email address or the password is wrong.",
    );
    expect(screen.getByText("req-1")).toBeDefined();
  });

  it("asks again with the same key when the answer was lost", async () => {
    answer(new TypeError("network"), signedIn());
    const location = open("login");
    await fill({ Email: "maya@example.com", Password: "correct horse" }, "Log in");
    await vi.waitFor(() => expect(location.history.at(-1)).toBe("/"));
    expect(requests).toHaveLength(2);
    expect(requests[0]?.key).toBe(requests[1]?.key);
  });
});

describe("signing up", () => {
  it("stops what can't be right before it is sent, beside the field", async () => {
    answer();
    open("register");
    await fill({ Email: "maya", Password: "short" }, "Create account");
    expect(screen.getByText("This is not an email address.")).toBeDefined();
    expect(screen.getByText("Use at least 10 characters.")).toBeDefined();
    expect(requests).toHaveLength(0);
  });

  it("puts the server's refusal of a field beside that field", async () => {
    answer(
      refusal(409, "email: has an account already", [
        { field: "email", issue: "has an account already" },
      ]),
    );
    open("register");
    await fill({ Email: "maya@example.com", Password: "correct horse battery" }, "Create account");
    expect(await screen.findByText("has an account already")).toBeDefined();
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("the page to go back to", () => {
  it.each([
    ["/runs?x=1", "/runs?x=1"],
    ["//evil.example", "/"],
    ["https://evil.example", "/"],
    ["/\\evil.example", "/"],
    ["/login?next=/login", "/"],
    [null, "/"],
  ])("%s leads to %s", (next, path) => expect(safePath(next)).toBe(path));
});
