import { Check, ChevronDown } from "lucide-react";
import { useLocation } from "wouter";
import { membershipOf, useMe, useSwitchWorkspace } from "../api/session";
import { t } from "../text/en";
import { cx } from "../ui/cx";
import { Logo } from "../ui/Logo";
import { whenFree } from "../ui/leaving";
import { Menu } from "../ui/Menu";
import styles from "./Nav.module.css";

export function WorkspaceMenu() {
  const me = useMe();
  const switchTo = useSwitchWorkspace();
  const [, navigate] = useLocation();
  const here = membershipOf(me);
  return (
    <Menu
      label={t.shell.workspaceSwitch}
      align="start"
      trigger={
        <button
          type="button"
          className={cx(styles.button, styles.workspace)}
          aria-label={`${t.shell.workspace}: ${here?.name ?? ""}`}
        >
          <Logo />
          <span className={cx("cut", styles.name)}>{here?.name}</span>
          <ChevronDown size={14} aria-hidden />
        </button>
      }
      groups={[
        me.memberships.map((m) => ({
          id: m.workspace_id,
          label: m.name,
          hint: m.role,
          checked: m.workspace_id === me.workspace_id,
          icon: m.workspace_id === me.workspace_id ? <Check size={16} aria-hidden /> : <span />,
          onSelect: () => {
            if (m.workspace_id === me.workspace_id) return;
            whenFree(() => {
              navigate("/");
              switchTo(m.workspace_id);
            });
          },
        })),
      ]}
    />
  );
}
