import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "./cx";
import styles from "./Menu.module.css";

export interface MenuItem {
  id: string;
  label: string;
  icon?: ReactNode;
  hint?: string;
  danger?: boolean;
  checked?: boolean;
  /** Why it can't be chosen now; it is shown, greyed, with this reason. */
  blocked?: string;
  onSelect: () => void;
}

interface MenuProps {
  trigger: ReactNode;
  label: string;
  groups: readonly (readonly MenuItem[])[];
  align?: "start" | "end";
}

/** Not modal: it needs no scroll lock, and the page behind stays readable for assistive technology. */
export function Menu({ trigger, label, groups, align = "end" }: MenuProps) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          className={styles.menu}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
        >
          {groups
            .filter((g) => g.length > 0)
            .map((group, i) => (
              <Radix.Group key={group[0]?.id ?? i} className={styles.group}>
                {group.map((item) => (
                  <Radix.Item
                    key={item.id}
                    className={cx(styles.item, item.danger && styles.danger)}
                    disabled={item.blocked !== undefined}
                    title={item.blocked}
                    aria-current={item.checked || undefined}
                    onSelect={item.onSelect}
                  >
                    {item.icon}
                    <span className={styles.label}>{item.label}</span>
                    {item.hint ? <span className={styles.hint}>{item.hint}</span> : null}
                  </Radix.Item>
                ))}
              </Radix.Group>
            ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
