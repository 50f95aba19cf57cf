import { CircleCheck, Info, TriangleAlert, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { create } from "zustand";
import { t } from "../text/en";
import { Button } from "./Button";
import { cx } from "./cx";
import styles from "./Toast.module.css";

export interface ToastMessage {
  tone: "success" | "danger" | "info";
  title: string;
  text?: string;
  action?: { label: string; run: () => void };
}

interface ToastStore {
  items: (ToastMessage & { id: number })[];
  add: (m: ToastMessage) => void;
  remove: (id: number) => void;
}

let lastId = 0;

const useToasts = create<ToastStore>((set) => ({
  items: [],
  add: (m) => set((s) => ({ items: [...s.items.slice(-2), { ...m, id: ++lastId }] })),
  remove: (id) => set((s) => ({ items: s.items.filter((i) => i.id !== id) })),
}));

/** Says something in the corner, from anywhere. At most three are shown, the oldest goes first. */
export function toast(message: ToastMessage): void {
  useToasts.getState().add(message);
}

const ICON = { success: CircleCheck, danger: TriangleAlert, info: Info };

export function Toaster() {
  const { items, remove } = useToasts();
  return (
    <Radix.Provider swipeDirection="right" duration={6000} label={t.ui.notifications}>
      {items.map((item) => {
        const Icon = ICON[item.tone];
        return (
          <Radix.Root
            key={item.id}
            className={styles.toast}
            type={item.tone === "danger" ? "foreground" : "background"}
            duration={item.tone === "danger" ? 12_000 : undefined}
            onOpenChange={(open) => open || remove(item.id)}
          >
            <Icon size={16} className={cx(styles.icon, styles[item.tone])} aria-hidden />
            <div className={styles.body}>
              <Radix.Title className={styles.title}>{item.title}</Radix.Title>
              {item.text ? (
                <Radix.Description className={styles.text}>{item.text}</Radix.Description>
              ) : null}
              {item.action ? (
                <Radix.Action asChild altText={item.action.label}>
                  <Button size="sm" onClick={item.action.run}>
                    {item.action.label}
                  </Button>
                </Radix.Action>
              ) : null}
            </div>
            <Radix.Close asChild>
              <Button
                look="ghost"
                size="sm"
                icon={<X size={14} aria-hidden />}
                label={t.ui.dismiss}
              />
            </Radix.Close>
          </Radix.Root>
        );
      })}
      <Radix.Viewport className={styles.viewport} />
    </Radix.Provider>
  );
}
