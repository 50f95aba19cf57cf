import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import { check } from "./check";
import { fromRows, toRows, toText } from "./condition";
import { completingAt, parts, preview, suggestions } from "./expression";
import nodeTypes from "./nodeTypes.fixture.json";
import { SchemaForm } from "./SchemaForm";
import { type Config, type FieldSchema, fieldsOf, starterConfig } from "./schema";

const TYPES = nodeTypes as unknown as { type: string; schema: FieldSchema; example: Config }[];

function Form({ schema, first, roots }: { schema: FieldSchema; first: Config; roots?: Config }) {
  const [config, setConfig] = useState(first);
  return (
    <QueryClientProvider client={new QueryClient()}>
      <SchemaForm
        schema={schema}
        config={config}
        roots={roots}
        onField={(name, value) => {
          const { [name]: _old, ...rest } = config;
          setConfig(value === undefined ? rest : { ...rest, [name]: value });
        }}
      />
      <output data-testid="config">{JSON.stringify(config)}</output>
    </QueryClientProvider>
  );
}

// The next times of a cron rule come from the server, which isn't here.
vi.stubGlobal("fetch", () => new Promise(() => {}));

const config = () => JSON.parse(screen.getByTestId("config").textContent ?? "null");

describe("the form of every node type", () => {
  it.each(TYPES.map((x) => [x.type, x] as const))("%s shows each of its fields", (_, type) => {
    const { container } = render(<Form schema={type.schema} first={type.example} />);
    for (const { schema, name } of fieldsOf(type.schema, type.example))
      expect(screen.getAllByText(schema.title ?? name).length).toBeGreaterThan(0);
    for (const control of container.querySelectorAll("input, select, textarea")) {
      const labelled = control.getAttribute("aria-label") ?? control.closest("label");
      const label = control.id && container.querySelector(`label[for="${control.id}"]`);
      expect(labelled ?? label, control.outerHTML).toBeTruthy();
    }
  });

  it.each(TYPES.map((x) => [x.type, x] as const))("%s finds its own example right", (_, type) => {
    expect(check(type.schema, type.example)).toEqual([]);
  });
});

describe("a form", () => {
  const schema: FieldSchema = {
    type: "object",
    required: ["url"],
    properties: {
      url: { type: "string", minLength: 1, title: "URL", "x-order": 1 },
      n: { type: "integer", maximum: 5, title: "Number", "x-widget": "number" },
      mode: { type: "string", enum: ["a", "b"], default: "a", title: "Mode" },
      extra: { type: "string", title: "Extra", "x-show-if": { mode: "b" } },
      on: { type: "boolean", default: true, title: "On", "x-widget": "switch" },
      head: { type: "object", title: "Head", "x-widget": "key-value" },
      wait: { type: "integer", title: "Wait", "x-widget": "duration" },
    },
  };

  it("says what is missing once the field was left, beside it", async () => {
    const user = userEvent.setup();
    render(<Form schema={schema} first={{}} />);
    expect(screen.queryByText("This field needs a value")).toBeNull();
    await user.click(screen.getByLabelText("URL"));
    await user.tab();
    expect(screen.getByText("This field needs a value")).toBeTruthy();
    expect(screen.getByLabelText("URL").getAttribute("aria-invalid")).toBe("true");
  });

  it("shows a field only when another has the value it asks for", async () => {
    const user = userEvent.setup();
    render(<Form schema={schema} first={{}} />);
    expect(screen.queryByLabelText("Extra")).toBeNull();
    await user.selectOptions(screen.getByLabelText("Mode"), "b");
    expect(screen.getByLabelText("Extra")).toBeTruthy();
    expect(config()).toEqual({ mode: "b" });
  });

  it("writes numbers, switches, durations and names with values", async () => {
    const user = userEvent.setup();
    render(<Form schema={schema} first={{}} />);
    await user.type(screen.getByLabelText("Number"), "4");
    await user.click(screen.getByRole("switch", { name: "On" }));
    await user.type(screen.getByLabelText("Wait"), "2");
    await user.click(screen.getByRole("button", { name: "Add to Head" }));
    await user.type(screen.getByLabelText("Head, row 1: Name"), "A");
    await user.type(screen.getByLabelText("Head, row 1: Value"), "7x");
    expect(config()).toEqual({ n: 4, on: false, wait: 2000, head: { A: "7x" } });
  });

  it("takes an expression in place of any value, and completes it", async () => {
    const user = userEvent.setup();
    render(<Form schema={schema} first={{}} roots={{ trigger: { payload: { size: 3 } } }} />);
    const field = screen.getByLabelText("Number");
    await user.type(field, "{{{{tri");
    await user.keyboard("{Enter}");
    expect(config()).toEqual({ n: "{{trigger}}" });
    await user.tab();
    expect(screen.queryByText(/must be/)).toBeNull();
  });
});

describe("expressions", () => {
  it("are found in a text, also unfinished ones", () => {
    expect(parts("a {{b}} c {{d")).toEqual([
      { text: "a ", isExpression: false },
      { text: "{{b}}", isExpression: true },
      { text: " c ", isExpression: false },
      { text: "{{d", isExpression: true },
    ]);
  });

  it("are completed by the members of what was written", () => {
    const roots = { trigger: { payload: { amount: 3, name: "x" } } };
    const at = completingAt("x {{trigger.payload.am}}", 22);
    expect(at).toEqual({ from: 20, path: ["trigger", "payload"], word: "am" });
    expect(at && suggestions(at, roots)[0]).toEqual({ name: "amount", hint: "3" });
    expect(completingAt("{{a}} b", 7)).toBeUndefined();
  });

  it("are worth what the last run had", () => {
    const roots = { "action-1": { status: 200, rows: [{ id: "c" }] } };
    expect(preview("{{action-1.status}}", roots)).toEqual({ value: 200 });
    expect(preview("/{{action-1.rows[0].id}}/x", roots)).toEqual({ value: "/c/x" });
    expect(preview("{{action-1.status + 1}}", roots)).toBeUndefined();
    expect(preview("plain", roots)).toBeUndefined();
  });
});

describe("conditions", () => {
  it("go from rows to text and back", () => {
    const text = "{{action-1.status}} == 200 and {{item.country}} == 'DE'";
    const rows = toRows(text);
    expect(rows?.tests).toHaveLength(2);
    expect(rows && toText(fromRows(rows))).toBe(text);
  });

  it("say when a text is more than rows can show", () => {
    expect(toRows("not ({{a}} > 1 or {{b}})")).toBeUndefined();
    expect(toRows({ and: [{ or: [] }] })).toBeUndefined();
  });
});

describe("a new step", () => {
  it("begins with what its type needs", () => {
    const of = (name: string) => TYPES.find((x) => x.type === name)?.schema ?? {};
    expect(starterConfig(of("delay"))).toEqual({ duration_ms: 1000 });
    expect(starterConfig(of("schedule"))).toEqual({ cron: "0 9 * * 1-5" });
    expect(starterConfig(of("http_request"))).toEqual({});
  });
});
