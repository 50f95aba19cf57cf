import { Search } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Link } from "wouter";
import { t } from "../text/en";
import { crumbs } from "../ui/crumbs";
import { Keys } from "../ui/Keys";
import type { ActionContext } from "./actions";
import styles from "./TopBar.module.css";

export function TopBar({ context }: { context: ActionContext }) {
  const path = useSyncExternalStore(crumbs.subscribe, crumbs.read);
  return (
    <header className={styles.bar}>
      <nav aria-label={t.shell.breadcrumb} className={styles.crumbs}>
        <ol className={styles.list}>
          {path.map((crumb, i) => (
            <li key={crumb.label} className={i < path.length - 1 ? styles.parent : styles.last}>
              {crumb.href ? (
                <Link href={crumb.href}>{crumb.label}</Link>
              ) : (
                <span aria-current="page">{crumb.label}</span>
              )}
            </li>
          ))}
        </ol>
      </nav>
      <button
        type="button"
        className={styles.search}
        onClick={context.openPalette}
        aria-keyshortcuts="Control+K"
      >
        <Search size={16} aria-hidden />
        <span className={styles.words}>{t.shell.search}</span>
        <span aria-hidden>
          <Keys keys="Ctrl K" />
        </span>
      </button>
    </header>
  );
}
