import { useEffect, useEffectEvent, useState } from "react";
import { useLocation } from "wouter";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { useEditor } from "./context";
import { isDirty } from "./store";

/** Nobody leaves with unsaved changes without being asked: by a link, by closing the tab. */
export function LeaveGuard({ save }: { save: () => Promise<boolean> }) {
  const { store } = useEditor();
  const [, navigate] = useLocation();
  const [goal, setGoal] = useState<string | null>(null);
  const onUnload = useEffectEvent((event: BeforeUnloadEvent) => {
    if (isDirty(store.getState())) event.preventDefault();
  });
  const onClick = useEffectEvent((event: MouseEvent) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = (event.target as Element).closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.target === "_blank") return;
    if (link.origin !== location.origin || link.pathname === location.pathname) return;
    if (!isDirty(store.getState())) return;
    event.preventDefault();
    event.stopPropagation();
    setGoal(link.pathname + link.search);
  });
  useEffect(() => {
    const unload = (e: BeforeUnloadEvent) => onUnload(e);
    const click = (e: MouseEvent) => onClick(e);
    addEventListener("beforeunload", unload);
    document.addEventListener("click", click, { capture: true });
    return () => {
      removeEventListener("beforeunload", unload);
      document.removeEventListener("click", click, { capture: true });
    };
  }, []);
  if (goal === null) return null;
  const leave = () => {
    setGoal(null);
    navigate(goal);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || setGoal(null)}
      title={t.editor.leaveTitle}
      text={t.editor.leaveText}
    >
      <DialogActions>
        <Button onClick={() => setGoal(null)}>{t.editor.stay}</Button>
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
