import { BookOpen } from "lucide-react";
import { Link, useLocation } from "wouter";
import { t } from "../text/en";
import { cx } from "../ui/cx";
import { AccountMenu } from "./AccountMenu";
import type { ActionContext } from "./actions";
import styles from "./Nav.module.css";
import { isAt, type Place, placesFor, SETTINGS } from "./places";
import { WorkspaceMenu } from "./WorkspaceMenu";

export function Nav({ rail, context }: { rail: boolean; context: ActionContext }) {
  const [location] = useLocation();
  return (
    <nav className={cx(styles.nav, rail && styles.rail)} aria-label={t.shell.mainNav}>
      <WorkspaceMenu />
      {placesFor(context.can).map((place) => (
        <NavLink key={place.path} place={place} here={isAt(place, location)} />
      ))}
      <div className={styles.foot}>
        <a className={styles.link} href="/docs" title={t.shell.docs}>
          <BookOpen size={16} aria-hidden />
          <span>{t.shell.docs}</span>
        </a>
        <NavLink place={SETTINGS} here={isAt(SETTINGS, location)} />
        <AccountMenu context={context} />
      </div>
    </nav>
  );
}

function NavLink({ place, here }: { place: Place; here: boolean }) {
  const Icon = place.icon;
  return (
    <Link
      href={place.path}
      className={cx(styles.link, here && styles.here)}
      aria-current={here ? "page" : undefined}
      title={place.label}
    >
      <Icon size={16} aria-hidden />
      <span>{place.label}</span>
    </Link>
  );
}
