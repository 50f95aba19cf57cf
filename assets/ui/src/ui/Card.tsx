import { type ReactNode, useId } from "react";
import styles from "./Card.module.css";

interface CardProps {
  title?: string;
  aside?: ReactNode;
  children: ReactNode;
}

export function Card({ title, aside, children }: CardProps) {
  const id = useId();
  return (
    <section className={styles.card} aria-labelledby={title ? id : undefined}>
      {title ? (
        <header className={styles.head}>
          <h2 id={id}>{title}</h2>
          <div className={styles.aside}>{aside}</div>
        </header>
      ) : null}
      {children}
    </section>
  );
}
