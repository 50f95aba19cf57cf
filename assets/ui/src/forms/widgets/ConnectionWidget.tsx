import { useConnections } from "../../api/connections";
import type { Connection } from "../../api/types";
import { t } from "../../text/en";
import { Select } from "../../ui/Input";
import styles from "../Form.module.css";
import { asText, useFormHelp, type WidgetProps } from "../widget";

function labelOf({ name, owner, is_active }: Connection): string {
  const full = owner ? `${name} ${t.connections.of(owner.name)}` : name;
  return is_active ? full : t.connections.revokedOption(full);
}

/** A stored connection of one of the kinds that the schema names. */
export function ConnectionWidget(p: WidgetProps) {
  const { readOnly } = useFormHelp();
  const list = useConnections();
  const kinds = p.schema["x-connectors"]?.split(" ");
  const rows = list.rows.filter((c) => !kinds || kinds.includes(c.connector));
  const current = asText(p.value);
  const isKnown = current === "" || rows.some((c) => c.id === current);
  const odd = list.isPending ? t.connections.loading : t.connections.missing(current);
  return (
    <>
      <Select
        {...p.control}
        value={current}
        disabled={readOnly}
        onBlur={p.onBlur}
        onChange={(e) => p.onChange(e.target.value === "" ? undefined : e.target.value)}
        options={[
          { value: "", label: t.connections.none },
          ...rows.map((c) => ({
            value: c.id,
            label: labelOf(c),
          })),
          ...(isKnown ? [] : [{ value: current, label: odd }]),
        ]}
      />
      <a className={styles.hint} href="/connections" target="_blank" rel="noreferrer">
        {t.connections.manage}
      </a>
    </>
  );
}
