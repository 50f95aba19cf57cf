import { LogOut, Moon, Settings, Sun, SunMoon, UserRound } from "lucide-react";
import { useMe } from "../api/session";
import { t } from "../text/en";
import { cx } from "../ui/cx";
import { Menu, type MenuItem } from "../ui/Menu";
import { setLook, type Theme, useLook } from "../ui/theme";
import type { ActionContext } from "./actions";
import styles from "./Nav.module.css";

const THEMES: readonly { theme: Theme; label: string; icon: typeof Sun }[] = [
  { theme: "system", label: t.shell.themeSystem, icon: SunMoon },
  { theme: "light", label: t.shell.themeLight, icon: Sun },
  { theme: "dark", label: t.shell.themeDark, icon: Moon },
];

export function useAccountItems(context: ActionContext): MenuItem[][] {
  const look = useLook();
  return [
    THEMES.map(({ theme, label, icon: Icon }) => ({
      id: theme,
      label,
      icon: <Icon size={16} aria-hidden />,
      checked: look.theme === theme,
      onSelect: () => setLook({ theme }),
    })),
    [
      {
        id: "settings",
        label: t.shell.settings,
        icon: <Settings size={16} aria-hidden />,
        onSelect: () => context.navigate("/settings/profile"),
      },
      {
        id: "logout",
        label: t.shell.logout,
        icon: <LogOut size={16} aria-hidden />,
        onSelect: context.logout,
      },
    ],
  ];
}

export function AccountMenu({ context }: { context: ActionContext }) {
  const me = useMe();
  return (
    <Menu
      label={t.shell.account}
      align="start"
      groups={useAccountItems(context)}
      trigger={
        <button
          type="button"
          className={styles.button}
          aria-label={`${t.shell.account}: ${me.name || me.email}`}
        >
          <UserRound size={16} aria-hidden />
          <span className={cx("cut", styles.name)}>{me.name || me.email}</span>
        </button>
      }
    />
  );
}
