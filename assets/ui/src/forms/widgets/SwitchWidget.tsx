import { Switch } from "../../ui/Switch";
import { useFormHelp, type WidgetProps } from "../widget";

export function SwitchWidget(p: WidgetProps) {
  const { readOnly } = useFormHelp();
  const isOn = typeof p.value === "boolean" ? p.value : p.schema.default === true;
  return (
    <Switch
      id={p.control.id}
      label={p.label}
      checked={isOn}
      disabled={readOnly}
      onChange={(on) => p.onChange(on === p.schema.default ? undefined : on)}
    />
  );
}
