import { Command } from "cmdk";
import { Workflow } from "lucide-react";
import { Dialog } from "radix-ui";
import { useWorkflows } from "../api/workflows";
import { t } from "../text/en";
import { Keys } from "../ui/Keys";
import { ACTIONS, type ActionContext, isEnabled } from "./actions";
import styles from "./Palette.module.css";

/** Ctrl+K: every action and every workflow by name. */
export function Palette({ context, onClose }: { context: ActionContext; onClose: () => void }) {
  const workflows = useWorkflows();
  const rows = workflows.data?.pages.flatMap((p) => p.items) ?? [];
  const choose = (run: () => void) => {
    onClose();
    run();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={styles.scrim} />
        <Dialog.Content className={styles.box}>
          <Dialog.Title className="vh">{t.shell.palette}</Dialog.Title>
          <Dialog.Description className="vh">{t.shell.paletteText}</Dialog.Description>
          <Command label={t.shell.palette} loop>
            <Command.Input className={styles.input} placeholder={t.shell.search} autoFocus />
            <Command.List className={styles.list} label={t.shell.palette}>
              <Command.Empty className={styles.empty}>{t.shell.paletteEmpty}</Command.Empty>
              {(["go", "do"] as const).map((group) => (
                <Command.Group
                  key={group}
                  heading={group === "go" ? t.shell.goTo : t.shell.actions}
                  className={styles.group}
                >
                  {ACTIONS.filter(
                    (a) => a.group === group && a.id !== "palette" && isEnabled(a, context),
                  ).map((a) => (
                    <Command.Item
                      key={a.id}
                      value={`${group} ${a.label}`}
                      className={styles.item}
                      onSelect={() => choose(() => a.run(context))}
                    >
                      {a.icon ? <a.icon size={16} aria-hidden /> : null}
                      <span className={styles.label}>{a.label}</span>
                      {a.keys ? <Keys keys={a.keys} /> : null}
                    </Command.Item>
                  ))}
                </Command.Group>
              ))}
              {rows.length > 0 ? (
                <Command.Group heading={t.shell.workflows} className={styles.group}>
                  {rows.map((w) => (
                    <Command.Item
                      key={w.id}
                      value={`${w.name} ${w.id}`}
                      className={styles.item}
                      onSelect={() => choose(() => context.navigate(`/workflows/${w.id}`))}
                    >
                      <Workflow size={16} aria-hidden />
                      <span className={styles.label}>{w.name}</span>
                    </Command.Item>
                  ))}
                </Command.Group>
              ) : null}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
