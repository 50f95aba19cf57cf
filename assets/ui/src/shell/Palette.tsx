import { Workflow } from "lucide-react";
import { useWorkflows } from "../api/workflows";
import { t } from "../text/en";
import { Keys } from "../ui/Keys";
import { PaletteDialog, PaletteGroup, PaletteItem } from "../ui/PaletteDialog";
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
    <PaletteDialog
      label={t.shell.palette}
      text={t.shell.paletteText}
      search={t.shell.search}
      empty={t.shell.paletteEmpty}
      onClose={onClose}
    >
      {(["go", "do"] as const).map((group) => (
        <PaletteGroup key={group} heading={group === "go" ? t.shell.goTo : t.shell.actions}>
          {ACTIONS.filter(
            (a) => a.group === group && a.id !== "palette" && isEnabled(a, context),
          ).map((a) => (
            <PaletteItem
              key={a.id}
              value={`${group} ${a.label}`}
              onSelect={() => choose(() => a.run(context))}
            >
              {a.icon ? <a.icon className={styles.icon} size={16} aria-hidden /> : null}
              <span className={styles.label}>{a.label}</span>
              {a.keys ? <Keys keys={a.keys} /> : null}
            </PaletteItem>
          ))}
        </PaletteGroup>
      ))}
      {rows.length > 0 ? (
        <PaletteGroup heading={t.shell.workflows}>
          {rows.map((w) => (
            <PaletteItem
              key={w.id}
              value={`${w.name} ${w.id}`}
              onSelect={() => choose(() => context.navigate(`/workflows/${w.id}`))}
            >
              <Workflow className={styles.icon} size={16} aria-hidden />
              <span className={styles.label}>{w.name}</span>
            </PaletteItem>
          ))}
        </PaletteGroup>
      ) : null}
    </PaletteDialog>
  );
}
