import type { AuditEntry } from "../../api/types";
import { t } from "../../text/en";
import { exact } from "../../text/format";
import { Dialog } from "../../ui/Dialog";
import { JsonView } from "../../ui/JsonView";
import styles from "./AuditDialog.module.css";
import { whoOf } from "./auditWho";

const show = (value: unknown): string =>
  value === undefined || value === null
    ? t.audit.none
    : typeof value === "string"
      ? value
      : JSON.stringify(value);

/** One entry: old beside new, field by field, and where it stands in the chain. */
export function AuditDialog({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const before = entry.before as Record<string, unknown> | null;
  const after = entry.after as Record<string, unknown> | null;
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort();
  const facts: [string, string][] = [
    [t.audit.colAt, exact(entry.at)],
    [t.audit.colWho, whoOf(entry)],
    [t.audit.colFrom, [entry.address, entry.agent].filter(Boolean).join(", ") || t.audit.none],
    [t.audit.resource, [entry.kind, entry.resource_id].filter(Boolean).join(" ")],
    [t.audit.operation, entry.operation ?? t.audit.none],
    [t.audit.request, entry.request_id ?? t.audit.none],
    [t.audit.place, entry.seq === null ? t.audit.notChained : String(entry.seq)],
    [t.audit.hash, entry.hash ?? t.audit.none],
  ];
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={entry.action}
      text={t.audit.entryText}
    >
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {fields.length > 0 ? (
        <div className={styles.scroll}>
          <table className={styles.diff}>
            <thead>
              <tr>
                <th scope="col">{t.audit.field}</th>
                <th scope="col">{t.audit.before}</th>
                <th scope="col">{t.audit.after}</th>
              </tr>
            </thead>
            <tbody>
              {fields.map((field) => (
                <tr key={field}>
                  <th scope="row">{field}</th>
                  <td className={styles.old}>{show(before?.[field])}</td>
                  <td className={styles.new}>{show(after?.[field])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {entry.detail ? <JsonView value={entry.detail} label={t.audit.details} /> : null}
    </Dialog>
  );
}
