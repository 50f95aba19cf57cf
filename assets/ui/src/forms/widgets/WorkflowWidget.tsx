import { useWorkflows } from "../../api/workflows";
import { t } from "../../text/en";
import { Select } from "../../ui/Input";
import { asText, useFormHelp, type WidgetProps } from "../widget";

/** One of the workspace's workflows, those changed last first. */
export function WorkflowWidget(p: WidgetProps) {
  const { readOnly } = useFormHelp();
  const list = useWorkflows();
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const current = asText(p.value);
  // One that isn't on the first page, or that I don't see, stays what is chosen.
  const isKnown = current === "" || rows.some((w) => w.id === current);
  return (
    <Select
      {...p.control}
      value={current}
      disabled={readOnly}
      onBlur={p.onBlur}
      onChange={(e) => p.onChange(e.target.value === "" ? undefined : e.target.value)}
      options={[
        { value: "", label: t.forms.noWorkflow },
        ...rows.map((w) => ({ value: w.id, label: w.name })),
        ...(isKnown ? [] : [{ value: current, label: current }]),
      ]}
    />
  );
}
