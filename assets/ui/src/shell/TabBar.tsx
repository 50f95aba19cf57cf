import { BookOpen, Ellipsis } from "lucide-react";
import { Link, useLocation } from "wouter";
import { membershipOf, useMe, useSwitchWorkspace } from "../api/session";
import { t } from "../text/en";
import { cx } from "../ui/cx";
import { whenFree } from "../ui/leaving";
import { Menu } from "../ui/Menu";
import { useAccountItems } from "./AccountMenu";
import type { ActionContext } from "./actions";
import { isAt, PHONE_PLACES, placesFor } from "./places";
import styles from "./TabBar.module.css";

/** The navigation of a phone. The first places, and a menu with the rest. */
export function TabBar({ context }: { context: ActionContext }) {
  const [location, navigate] = useLocation();
  const me = useMe();
  const switchTo = useSwitchWorkspace();
  const places = placesFor(context.can);
  const others = me.memberships.filter((m) => m.workspace_id !== me.workspace_id);
  return (
    <nav className={styles.bar} aria-label={t.shell.mainNav}>
      {places.slice(0, PHONE_PLACES).map((place) => {
        const Icon = place.icon;
        const here = isAt(place, location);
        return (
          <Link
            key={place.path}
            href={place.path}
            className={cx(styles.tab, here && styles.here)}
            aria-current={here ? "page" : undefined}
          >
            <Icon size={20} aria-hidden />
            {place.label}
          </Link>
        );
      })}
      <Menu
        label={t.shell.more}
        groups={[
          places.slice(PHONE_PLACES).map(({ path, label, icon: Icon }) => ({
            id: path,
            label,
            icon: <Icon size={16} aria-hidden />,
            onSelect: () => navigate(path),
          })),
          others.map((m) => ({
            id: m.workspace_id,
            label: m.name,
            hint: membershipOf({ ...me, workspace_id: m.workspace_id })?.role,
            onSelect: () =>
              whenFree(() => {
                navigate("/");
                switchTo(m.workspace_id);
              }),
          })),
          [
            {
              id: "docs",
              label: t.shell.docs,
              icon: <BookOpen size={16} aria-hidden />,
              onSelect: () => globalThis.location.assign("/docs"),
            },
          ],
          ...useAccountItems(context),
        ]}
        trigger={
          <button type="button" className={styles.tab}>
            <Ellipsis size={20} aria-hidden />
            {t.shell.more}
          </button>
        }
      />
    </nav>
  );
}
