import type { ReactNode } from "react";
import { cx } from "./cx";
import styles from "./Table.module.css";

export interface Column<Row> {
  id: string;
  head: string;
  cell: (row: Row) => ReactNode;
  align?: "end";
  /** Where the cell goes when the table turns into two-line rows. */
  phone?: "first" | "second" | "end" | "off";
  /** The column takes what the others leave. */
  wide?: boolean;
  /** The heading is for assistive technology only. */
  quiet?: boolean;
}

interface TableProps<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  fresh?: (row: Row) => boolean;
  stale?: boolean;
}

/*
 * Explicit roles: on a phone the rows are laid out as grids, and browsers then forget that this is a table.
 * A RowLink in a cell makes the whole row a target.
 */
export function Table<Row>({ caption, columns, rows, rowKey, fresh, stale }: TableProps<Row>) {
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: see above
    <div className={styles.box}>
      <table
        role="table"
        className={cx(styles.table, stale && styles.stale)}
        aria-busy={stale || undefined}
      >
        <caption className="vh">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((c) => (
              <th
                key={c.id}
                role="columnheader"
                scope="col"
                className={cx(c.align && styles.end, c.phone === "off" && styles["phone-off"])}
              >
                {c.quiet ? <span className="vh">{c.head}</span> : c.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} role="row" className={cx(fresh?.(row) && styles.fresh)}>
              {columns.map((c) => (
                <td
                  key={c.id}
                  role="cell"
                  className={cx(
                    c.align && styles.end,
                    c.wide && styles.wide,
                    styles[`phone-${c.phone ?? "second"}`],
                  )}
                >
                  {c.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
    // biome-ignore-end lint/a11y/noRedundantRoles: see above
  );
}
