import { cx } from "../ui/cx";
import type { Kind } from "./kinds";
import styles from "./Tile.module.css";

/** The icon of a node type, in its family's colour. */
export function Tile({ kind, className }: { kind: Kind; className?: string }) {
  return (
    <span className={cx(styles.tile, styles[`k-${kind.family}`], className)}>
      <kind.icon size={16} aria-hidden />
    </span>
  );
}
