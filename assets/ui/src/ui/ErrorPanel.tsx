import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "../text/en";
import { Button } from "./Button";
import styles from "./ErrorPanel.module.css";

interface ErrorPanelProps {
  title: string;
  text?: string;
  requestId?: string;
  onRetry?: () => void;
  /** Other ways on: buttons. */
  children?: ReactNode;
}

/** What happened, the way on, and under Details the request id for whoever has to look it up. */
export function ErrorPanel({ title, text, requestId, onRetry, children }: ErrorPanelProps) {
  return (
    <div className={styles.panel} role="alert">
      <TriangleAlert size={16} className={styles.icon} aria-hidden />
      <div className={styles.body}>
        <p className={styles.title}>{title}</p>
        {text ? <p className={styles.text}>{text}</p> : null}
        {onRetry ? (
          <Button size="sm" onClick={onRetry}>
            {t.ui.tryAgain}
          </Button>
        ) : null}
        {children ? <div className={styles.ways}>{children}</div> : null}
        {requestId ? (
          <details className={styles.details}>
            <summary>{t.ui.details}</summary>
            {t.ui.requestIdLabel}: <code>{requestId}</code>
          </details>
        ) : null}
      </div>
    </div>
  );
}
