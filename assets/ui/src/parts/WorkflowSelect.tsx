import { useWorkflows } from "../api/workflows";
import { t } from "../text/en";
import { Select } from "../ui/Input";

/** A list's filter by workflow. */
export function WorkflowSelect({
  value,
  onChange,
}: {
  value: string;
  onChange: (id: string) => void;
}) {
  const workflows = useWorkflows().data?.pages.flatMap((p) => p.items) ?? [];
  const options = [
    { value: "", label: t.runs.anyWorkflow },
    ...workflows.map((w) => ({ value: w.id, label: w.name })),
  ];
  // A workflow that isn't on the first page is still the one that is filtered by.
  if (value && !options.some((o) => o.value === value)) options.push({ value, label: value });
  return (
    <Select
      compact
      aria-label={t.runs.workflow}
      value={value}
      options={options}
      onChange={(e) => onChange(e.target.value)}
    />
  );
}
