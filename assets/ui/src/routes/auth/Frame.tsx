import type { ReactNode } from "react";
import { Logo } from "../../ui/Logo";
import styles from "./page.module.css";

/** A page before the login: one column, one thing to do. */
export function Frame({
  title,
  lead,
  children,
}: {
  title: string;
  lead: string;
  children: ReactNode;
}) {
  return (
    <main className={styles.page}>
      <title>{`${title} · Millrace`}</title>
      <div className={styles.box}>
        <p className={styles.brand}>
          <Logo /> Millrace
        </p>
        <h1 className={styles.title}>{title}</h1>
        <p className={styles.lead}>{lead}</p>
        {children}
      </div>
    </main>
  );
}
