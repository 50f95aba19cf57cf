import { t } from "../../text/en";
import { Select } from "../../ui/Input";
import { optionsOf } from "../schema";
import { asText, useFormHelp, type WidgetProps } from "../widget";

/** The default is an entry of its own: choosing it takes the field out of the config. */
export function SelectWidget(p: WidgetProps) {
  const { readOnly } = useFormHelp();
  const titles = p.schema["x-enum-titles"];
  const known = optionsOf(p.schema).map((value, i) => ({
    value: asText(value),
    label: titles?.[i] ?? asText(value),
  }));
  const standard = p.schema.default;
  const options = known.filter((o) => standard === undefined || o.value !== asText(standard));
  const first = known.find((o) => o.value === asText(standard));
  const current = p.value === standard ? "" : asText(p.value);
  const isOdd = current !== "" && !known.some((o) => o.value === current);
  return (
    <Select
      {...p.control}
      value={current}
      disabled={readOnly}
      onBlur={p.onBlur}
      onChange={(e) => {
        const chosen = optionsOf(p.schema).find((v) => asText(v) === e.target.value);
        p.onChange(e.target.value === "" ? undefined : chosen);
      }}
      options={[
        { value: "", label: first ? t.forms.defaultIs(first.label) : t.forms.notSet },
        ...options,
        ...(isOdd ? [{ value: current, label: current }] : []),
      ]}
    />
  );
}
