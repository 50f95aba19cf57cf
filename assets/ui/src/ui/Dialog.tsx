import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { t } from "../text/en";
import { Button } from "./Button";
import styles from "./Dialog.module.css";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** One sentence that says what this is for; always read, and shown unless `quiet`. */
  text: string;
  quiet?: boolean;
  children: ReactNode;
}

/** A dialog; on a phone a sheet from below. Focus is trapped, and returned on closing. */
export function Dialog({ open, onOpenChange, title, text, quiet, children }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={styles.scrim} />
        <Radix.Content className={styles.dialog} onOpenAutoFocus={focusField}>
          <header className={styles.head}>
            <Radix.Title className={styles.title}>{title}</Radix.Title>
            <Radix.Close asChild>
              <Button
                look="ghost"
                size="sm"
                icon={<X size={16} aria-hidden />}
                label={t.ui.close}
              />
            </Radix.Close>
          </header>
          <Radix.Description className={quiet ? "vh" : styles.text}>{text}</Radix.Description>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** A form begins at its first field; anything else keeps the first control. */
function focusField(event: Event): void {
  const field = (event.target as HTMLElement).querySelector<HTMLElement>("input, select, textarea");
  if (!field) return;
  event.preventDefault();
  field.focus();
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <footer className={styles.actions}>{children}</footer>;
}
