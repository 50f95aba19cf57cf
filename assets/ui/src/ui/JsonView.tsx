import { ChevronDown, ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import { t } from "../text/en";
import { Button } from "./Button";
import { CopyButton } from "./CopyButton";
import styles from "./JsonView.module.css";
import { type JsonRow, jsonRows } from "./jsonRows";

const FIRST_ROWS = 200;

/** A JSON value with line numbers, colours and foldable parts. The text can be copied whole. */
export function JsonView({ value, label }: { value: unknown; label: string }) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const rows = useMemo(() => jsonRows(value, closed), [value, closed]);
  const shown = all ? rows : rows.slice(0, FIRST_ROWS);
  const toggle = (path: string) => {
    const next = new Set(closed);
    if (!next.delete(path)) next.add(path);
    setClosed(next);
  };
  return (
    <div className={styles.frame}>
      <div className={styles.copy}>
        <CopyButton text={JSON.stringify(value, null, 2)} what={label} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section className={styles.code} aria-label={label} tabIndex={0}>
        {shown.map((row, i) => (
          <Line key={`${row.path}:${row.kind}`} row={row} n={i + 1} onToggle={toggle} />
        ))}
      </section>
      {rows.length > shown.length ? (
        <Button size="sm" look="ghost" onClick={() => setAll(true)}>
          {t.ui.jsonMore(rows.length)}
        </Button>
      ) : null}
    </div>
  );
}

function Line({ row, n, onToggle }: { row: JsonRow; n: number; onToggle: (path: string) => void }) {
  const folds = row.kind === "open" || row.kind === "closed";
  return (
    <div className={styles.line}>
      <span className={styles.gutter} aria-hidden>
        {n}
      </span>
      <span className={styles.text} style={{ paddingInlineStart: `${row.depth * 1.2}em` }}>
        {folds ? (
          <button
            type="button"
            className={styles.fold}
            aria-expanded={row.kind === "open"}
            aria-label={row.kind === "open" ? t.ui.collapse : t.ui.expand}
            onClick={() => onToggle(row.path)}
          >
            {row.kind === "open" ? (
              <ChevronDown size={12} aria-hidden />
            ) : (
              <ChevronRight size={12} aria-hidden />
            )}
          </button>
        ) : null}
        {row.name === null ? null : (
          <span className={styles.key}>{JSON.stringify(row.name)}: </span>
        )}
        <span className={styles[row.kind]}>{row.text}</span>
        {row.comma ? "," : ""}
      </span>
    </div>
  );
}
