import type { ReactNode } from "react";
import styles from "./Page.module.css";

interface PageProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of a screen: its one h1, what can be done, and the content. Sets the title of the document. */
export function Page({ title, lead, actions, children }: PageProps) {
  return (
    <div className={styles.page}>
      <title>{`${title} · Millrace`}</title>
      <header className={styles.head}>
        {lead}
        <h1 className={styles.title}>{title}</h1>
        <div className={styles.actions}>{actions}</div>
      </header>
      {children}
    </div>
  );
}
