import { ExpressionInput } from "../ExpressionInput";
import { asText, type WidgetProps } from "../widget";

/** A number where the text is one; anything else stays text, so that an expression can be written. */
export function NumberWidget(p: WidgetProps) {
  const { default: standard } = p.schema;
  return (
    <ExpressionInput
      control={p.control}
      label={p.label}
      text={asText(p.value)}
      onText={(text) => p.onChange(text === "" ? undefined : numberOr(text))}
      onBlur={p.onBlur}
      placeholder={standard === undefined ? p.schema["x-placeholder"] : String(standard)}
      literal={p.schema["x-literal"]}
    />
  );
}

function numberOr(text: string): number | string {
  const isPlain = /^-?(0|[1-9]\d*)(\.\d*[1-9])?$/.test(text.trim());
  return isPlain ? Number(text) : text;
}
