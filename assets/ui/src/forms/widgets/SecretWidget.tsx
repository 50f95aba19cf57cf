import { Input } from "../../ui/Input";
import { asText, useFormHelp, type WidgetProps } from "../widget";

/** What is typed here is never shown, and no browser offers to keep it. */
export function SecretWidget(p: WidgetProps) {
  const { readOnly } = useFormHelp();
  return (
    <Input
      {...p.control}
      type="password"
      autoComplete="new-password"
      value={asText(p.value)}
      disabled={readOnly}
      onBlur={p.onBlur}
      onChange={(e) => p.onChange(e.target.value === "" ? undefined : e.target.value)}
    />
  );
}
