import type { ReactNode } from "react";
import { Link } from "wouter";
import styles from "./Table.module.css";

/** The link of a table row: its hit area is the row. Other controls of the row stay above it. */
export function RowLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} className={styles.rowLink} data-row-link="">
      {children}
    </Link>
  );
}
