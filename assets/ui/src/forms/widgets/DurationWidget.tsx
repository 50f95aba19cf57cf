import { useState } from "react";
import { t } from "../../text/en";
import { Input, Select } from "../../ui/Input";
import styles from "../Form.module.css";
import { useFormHelp, type WidgetProps } from "../widget";

const UNITS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS;
const NAMES = Object.keys(UNITS) as Unit[];

/** Milliseconds in the config, a number with a unit on the screen. */
export function DurationWidget(p: WidgetProps) {
  const { readOnly } = useFormHelp();
  const ms = typeof p.value === "number" ? p.value : undefined;
  const standard = typeof p.schema.default === "number" ? p.schema.default : undefined;
  const [chosen, setChosen] = useState<Unit | null>(null);
  const unit = chosen ?? unitOf(ms ?? standard ?? 1000);
  const size = UNITS[unit];
  return (
    <span className={styles.row}>
      <Input
        {...p.control}
        type="number"
        min={0}
        step="any"
        disabled={readOnly}
        value={ms === undefined ? "" : ms / size}
        placeholder={standard === undefined ? undefined : String(standard / size)}
        onBlur={p.onBlur}
        onChange={(e) => {
          setChosen(unit);
          p.onChange(e.target.value === "" ? undefined : Math.round(Number(e.target.value) * size));
        }}
      />
      <span className={styles.narrow}>
        <Select
          aria-label={t.forms.unit(p.label)}
          value={unit}
          disabled={readOnly}
          options={NAMES.map((value) => ({ value, label: t.forms.units[value] }))}
          onChange={(e) => {
            const next = e.target.value as Unit;
            setChosen(next);
            if (ms !== undefined) p.onChange(Math.round((ms / size) * UNITS[next]));
          }}
        />
      </span>
    </span>
  );
}

/** The largest unit that shows the span without fractions. */
function unitOf(ms: number): Unit {
  return NAMES.findLast((u) => ms >= UNITS[u] && ms % UNITS[u] === 0) ?? "ms";
}
