import { t } from "../text/en";
import { Dialog } from "../ui/Dialog";
import { Keys } from "../ui/Keys";
import styles from "./KeySheet.module.css";
import { KEYMAP } from "./keymap";

const GROUPS = ["edit", "move", "view", "file"] as const;

export function KeySheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.editor.keys}
      text={t.editor.keysText}
    >
      {GROUPS.map((group) => (
        <section key={group}>
          <h3 className={styles.title}>{t.editor.group[group]}</h3>
          <dl className={styles.list}>
            {KEYMAP.filter((a) => a.group === group).map((a) => (
              <div key={a.id} className={styles.row}>
                <dt>{a.label}</dt>
                <dd>
                  <Keys
                    keys={a.keys.map((k) => k.replaceAll("+", " ").trim() || "+").join(" / ")}
                  />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
