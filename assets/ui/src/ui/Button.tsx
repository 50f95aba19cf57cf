import { LoaderCircle } from "lucide-react";
import type { ButtonHTMLAttributes, MouseEvent, ReactNode, Ref } from "react";
import { Link } from "wouter";
import styles from "./Button.module.css";
import { cx } from "./cx";

interface Look {
  look?: "plain" | "primary" | "ghost" | "danger";
  size?: "md" | "sm";
  icon?: ReactNode;
  /** The name for assistive technology when only the icon is shown. */
  label?: string;
  children?: ReactNode;
}

type ButtonProps = Look &
  Omit<ButtonHTMLAttributes<HTMLButtonElement>, "className"> & {
    /** Its work is under way: it does nothing more, and keeps the keyboard's focus, which a disabled button loses. */
    busy?: boolean;
    ref?: Ref<HTMLButtonElement>;
  };

function classes(p: Look): string {
  return cx(
    styles.button,
    styles[p.look ?? "plain"],
    p.size === "sm" && styles.sm,
    !p.children && styles.square,
  );
}

/** Enter in a field of its form comes as a click, too. */
function ignore(event: MouseEvent) {
  event.preventDefault();
  event.stopPropagation();
}

export function Button({
  look,
  size,
  icon,
  label,
  children,
  busy,
  onClick,
  type,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type ?? "button"}
      className={classes({ look, size, children })}
      onClick={busy ? ignore : onClick}
      aria-disabled={busy || undefined}
      aria-label={label}
      aria-busy={busy || undefined}
      title={rest.title ?? (children ? undefined : label)}
    >
      {busy ? <LoaderCircle className={styles.spin} size={14} aria-hidden /> : icon}
      {children}
    </button>
  );
}

export function ButtonLink({ look, size, icon, label, children, href }: Look & { href: string }) {
  return (
    <Link href={href} className={classes({ look, size, children })} aria-label={label}>
      {icon}
      {children}
    </Link>
  );
}
