import { t } from "../../text/en";
import { Input } from "../../ui/Input";
import styles from "../Form.module.css";
import { asText, useFormHelp, type WidgetProps } from "../widget";

/** An instant: UTC in the config, the browser's own time zone on the screen. */
export function DatetimeWidget(p: WidgetProps) {
  const { readOnly } = useFormHelp();
  return (
    <>
      <Input
        {...p.control}
        type="datetime-local"
        step={1}
        disabled={readOnly}
        value={local(asText(p.value))}
        onBlur={p.onBlur}
        onChange={(e) => {
          const at = new Date(e.target.value);
          p.onChange(Number.isNaN(at.getTime()) ? undefined : at.toISOString());
        }}
      />
      <p className={styles.hint}>{t.forms.utc}</p>
    </>
  );
}

function local(text: string): string {
  const at = new Date(text);
  if (text === "" || Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
