import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { BRANCHING, makeWorkflow } from "../test/fixtures";
import { whenFree } from "../ui/leaving";
import { setDisabled } from "./commands";
import { EditorContext } from "./context";
import { LeaveGuard } from "./LeaveGuard";
import { isDirty, makeStore } from "./store";

function open() {
  const store = makeStore({
    ...makeWorkflow(),
    definition: BRANCHING,
    triggers: [],
    issues: [],
    live_seq: "0",
  });
  const save = vi.fn(async () => true);
  const value = {
    workflowId: "workflow-1",
    store,
    types: new Map(),
    typeList: [],
    readOnly: false,
  };
  render(
    <EditorContext value={value}>
      <LeaveGuard save={save} />
    </EditorContext>,
  );
  const change = () => store.run(setDisabled(store.getState().definition, ["a"], true));
  return { store, save, change, go: vi.fn() };
}

const press = async (name: string) => userEvent.click(await screen.findByRole("button", { name }));

it("asks nobody who has nothing to lose", () => {
  const { go } = open();
  whenFree(go);
  expect(go).toHaveBeenCalledOnce();
  expect(screen.queryByRole("dialog")).toBeNull();
});

it("stays, and what was changed stays too", async () => {
  const { store, change, go } = open();
  change();
  whenFree(go);
  await press("Stay");
  expect(go).not.toHaveBeenCalled();
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(isDirty(store.getState())).toBe(true);
});

it("leaves and drops the changes, so that the way is free", async () => {
  const { store, change, go } = open();
  change();
  whenFree(go);
  await press("Leave, drop changes");
  expect(go).toHaveBeenCalledOnce();
  expect(isDirty(store.getState())).toBe(false);
});

it("leaves when it is saved, and not when saving failed", async () => {
  const { save, change, go } = open();
  change();
  whenFree(go);
  save.mockResolvedValueOnce(false);
  await press("Save and leave");
  expect(go).not.toHaveBeenCalled();
  await press("Save and leave");
  await vi.waitFor(() => expect(go).toHaveBeenCalledOnce());
});
