import { ExpressionInput } from "../ExpressionInput";
import { asText, type WidgetProps } from "../widget";

/** One line; empty takes the field out of the config. */
export function TextWidget(p: WidgetProps) {
  return (
    <ExpressionInput
      control={p.control}
      label={p.label}
      text={asText(p.value)}
      onText={(text) => p.onChange(text === "" ? undefined : text)}
      onBlur={p.onBlur}
      placeholder={p.schema["x-placeholder"]}
      literal={p.schema["x-literal"]}
      mono={p.schema["x-widget"] === "path"}
    />
  );
}
