import { useEffect, useState } from "react";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { holdLeaving } from "../ui/leaving";
import { useEditor } from "./context";
import { isDirty } from "./store";

/** Nobody leaves with unsaved changes without being asked, wherever to and however. */
export function LeaveGuard({ save }: { save: () => Promise<boolean> }) {
  const { store } = useEditor();
  const [wanted, setWanted] = useState<{ go: () => void } | null>(null);
  useEffect(() => {
    const dirty = () => isDirty(store.getState());
    const unload = (event: BeforeUnloadEvent) => {
      if (dirty()) event.preventDefault();
    };
    const free = holdLeaving((go) => {
      if (!dirty()) return false;
      setWanted({ go });
      return true;
    });
    addEventListener("beforeunload", unload);
    return () => {
      free();
      removeEventListener("beforeunload", unload);
    };
  }, [store]);
  if (wanted === null) return null;
  const stay = () => setWanted(null);
  const leave = () => {
    stay();
    wanted.go();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || stay()}
      title={t.editor.leaveTitle}
      text={t.editor.leaveText}
    >
      <DialogActions>
        <Button onClick={stay}>{t.editor.stay}</Button>
        <Button
          look="danger"
          onClick={() => {
            const { saved } = store.getState();
            store.setState({ definition: saved });
            leave();
          }}
        >
          {t.editor.leaveVerb}
        </Button>
        <Button look="primary" onClick={() => void save().then((done) => done && leave())}>
          {t.editor.saveAndLeave}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
