import { t } from "../text/en";
import { Dialog } from "../ui/Dialog";
import { Keys } from "../ui/Keys";
import { ACTIONS, type Action } from "./actions";
import styles from "./KeySheet.module.css";

const GROUPS: readonly { id: Action["group"]; title: string }[] = [
  { id: "go", title: t.shell.goTo },
  { id: "do", title: t.shell.actions },
  { id: "rows", title: t.shell.rowKeys },
];

export function KeySheet({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t.shell.keySheet}
      text={t.shell.keySheetText}
    >
      {GROUPS.map((group) => (
        <section key={group.id}>
          <h3 className={styles.title}>{group.title}</h3>
          <dl className={styles.list}>
            {ACTIONS.filter((a) => a.group === group.id && a.keys).map((a) => (
              <div key={a.id} className={styles.row}>
                <dt>{a.label}</dt>
                <dd>
                  <Keys keys={a.keys ?? ""} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
