import { ExpressionInput } from "../ExpressionInput";
import { asText, type WidgetProps } from "../widget";

export function TextareaWidget(p: WidgetProps) {
  return (
    <ExpressionInput
      control={p.control}
      label={p.label}
      text={asText(p.value)}
      onText={(text) => p.onChange(text === "" ? undefined : text)}
      onBlur={p.onBlur}
      placeholder={p.schema["x-placeholder"]}
      literal={p.schema["x-literal"]}
      lines={3}
    />
  );
}
