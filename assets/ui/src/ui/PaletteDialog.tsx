import { Command } from "cmdk";
import { Dialog } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import styles from "./PaletteDialog.module.css";

interface PaletteDialogProps {
  label: string;
  text: string;
  /** Stands in the empty field. */
  search: string;
  empty: string;
  filter?: ComponentProps<typeof Command>["filter"];
  /** Beside the field. */
  aside?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/** A list to type into: the arrows choose, Enter does it. */
export function PaletteDialog(p: PaletteDialogProps) {
  return (
    <Dialog.Root open onOpenChange={(open) => open || p.onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={styles.scrim} />
        <Dialog.Content className={styles.box}>
          <Dialog.Title className="vh">{p.label}</Dialog.Title>
          <Dialog.Description className="vh">{p.text}</Dialog.Description>
          <Command label={p.label} loop filter={p.filter}>
            <div className={styles.head}>
              <Command.Input className={styles.input} placeholder={p.search} autoFocus />
              {p.aside}
            </div>
            <Command.List className={styles.list} label={p.label}>
              <Command.Empty className={styles.empty}>{p.empty}</Command.Empty>
              {p.children}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

export function PaletteGroup({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group heading={heading} className={styles.group}>
      {children}
    </Command.Group>
  );
}

type PaletteItemProps = Omit<ComponentProps<typeof Command.Item>, "className">;

export function PaletteItem(p: PaletteItemProps) {
  return <Command.Item {...p} className={styles.item} />;
}
