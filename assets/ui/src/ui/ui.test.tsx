import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { ago, percent, shortId, span } from "../text/format";
import { Button } from "./Button";
import { Field } from "./Field";
import { Input } from "./Input";
import { JsonView } from "./JsonView";
import { jsonRows } from "./jsonRows";
import { asState, STATE_ICON, StatePill, WorkflowPill } from "./StatePill";
import { STATES } from "./state";

describe("state pills", () => {
  it.each([
    ["queued", "Queued"],
    ["running", "Running"],
    ["waiting", "Waiting"],
    ["paused", "Paused"],
    ["succeeded", "Succeeded"],
    ["failed", "Failed"],
    ["cancelled", "Cancelled"],
    ["skipped", "Skipped"],
    ["unknown", "Outcome unknown"],
  ] as const)("%s has an icon and the word %s", (state, word) => {
    const { container } = render(<StatePill state={state} />);
    expect(container.textContent).toBe(word);
    expect(container.querySelector("svg")).not.toBeNull();
  });

  it("every state has its icon, and no two share one", () => {
    expect(new Set(STATES.map((s) => STATE_ICON[s])).size).toBe(STATES.length);
  });

  it("a state that this build doesn't know is shown as unknown", () => {
    expect(asState("dancing")).toBe("unknown");
  });

  it("a failing workflow says so in a word", () => {
    render(<WorkflowPill look="failing" />);
    expect(screen.getByText("Failing")).toBeDefined();
  });
});

describe("fields", () => {
  it("an error is tied to its control", () => {
    render(
      <Field label="Email" error="This is not an email address." hint="never shown">
        {(control) => <Input {...control} />}
      </Field>,
    );
    const input = screen.getByLabelText("Email");
    const described = document.getElementById(input.getAttribute("aria-describedby") ?? "");
    expect(described?.textContent).toBe("This is not an email address.");
    expect(input.getAttribute("aria-invalid")).toBe("true");
  });
});

describe("buttons", () => {
  it("one whose work is under way keeps the focus, and does nothing more", async () => {
    const submit = vi.fn((event: { preventDefault: () => void }) => event.preventDefault());
    const click = vi.fn();
    const form = (busy: boolean) => (
      <form onSubmit={submit}>
        <Input aria-label="Name" />
        <Button type="submit" busy={busy} onClick={click}>
          Save
        </Button>
      </form>
    );
    const { rerender } = render(form(false));
    const button = screen.getByRole("button", { name: "Save" });
    button.focus();
    await userEvent.keyboard("{Enter}");
    expect([click.mock.calls.length, submit.mock.calls.length]).toEqual([1, 1]);
    rerender(form(true));
    expect(document.activeElement).toBe(button);
    expect(button.getAttribute("aria-disabled")).toBe("true");
    expect(button.getAttribute("aria-busy")).toBe("true");
    await userEvent.keyboard("{Enter}");
    await userEvent.click(button);
    await userEvent.type(screen.getByLabelText("Name"), "x{Enter}");
    expect([click.mock.calls.length, submit.mock.calls.length]).toEqual([1, 1]);
    rerender(form(false));
    await userEvent.click(button);
    expect([click.mock.calls.length, submit.mock.calls.length]).toEqual([2, 2]);
  });
});

describe("JSON", () => {
  it("prints as lines, with commas between and none after the last", () => {
    const rows = jsonRows({ a: [1, null], b: "x" }, new Set());
    expect(rows.map((r) => `${r.name ?? ""}${r.text}${r.comma ? "," : ""}`)).toEqual([
      "{",
      "a[",
      "1,",
      "null",
      "],",
      'b"x"',
      "}",
    ]);
  });

  it("a folded part is one line that can be opened again", async () => {
    render(<JsonView value={{ a: { b: 1 } }} label="Output" />);
    const [outer] = screen.getAllByRole("button", { name: "Collapse" });
    if (!outer) throw new Error("nothing to fold");
    await userEvent.click(outer);
    expect(screen.queryByText('"a":')).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Expand" }));
    expect(screen.getByText(/"b"/)).toBeDefined();
  });
});

describe("times and numbers", () => {
  const now = Date.parse("2026-03-12T10:00:00Z");
  it.each([
    ["2026-03-12T09:59:58Z", "now"],
    ["2026-03-12T09:59:48Z", "12 s ago"],
    ["2026-03-12T09:18:00Z", "42 min ago"],
    ["2026-03-12T10:30:00Z", "in 30 min"],
    ["2026-03-12T04:00:00Z", "6 h ago"],
  ])("%s is %s", (at, text) => expect(ago(at, now)).toBe(text));

  it.each([
    [310, "310 ms"],
    [1820, "1.8 s"],
    [245_000, "4:05 min"],
    [7_500_000, "2 h 5 min"],
  ])("%i ms are %s", (ms, text) => expect(span(ms)).toBe(text));

  it("only a full share is 100%", () => {
    expect([percent(1), percent(0.99999)]).toEqual(["100%", "99.9%"]);
  });

  it("a long id is cut to what tells two apart", () => {
    expect(shortId("0199a2f0-5b7c-7d10-8a44-00000000beef")).toBe("0199…00beef");
  });
});
