import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { useRef, useState } from "react";
import { asApiError } from "../../api/error";
import { keys } from "../../api/keys";
import { type BulkAction, changeRuns } from "../../api/runs";
import { membershipOf, useCan, useMe } from "../../api/session";
import type { RunFilter } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Menu } from "../../ui/Menu";
import { toast } from "../../ui/Toast";
import { toBulk } from "./filter";

const ACTIONS: readonly BulkAction[] = ["pause", "resume", "cancel"];

/** Pause, resume or cancel whatever the list's filter finds, however many that are. */
export function Bulk({ filter }: { filter: RunFilter }) {
  const [asked, setAsked] = useState<{ action: BulkAction; filter: RunFilter }>();
  const can = useCan()("run:write");
  const role = membershipOf(useMe())?.role ?? "";
  const items = ACTIONS.map((action) => {
    const of = toBulk(filter, action, 0);
    return {
      id: action,
      label: t.runs.bulkVerb[action],
      danger: action === "cancel",
      blocked: !can
        ? t.run.needsRun(role)
        : of
          ? undefined
          : t.runs.bulkNothing(filter.status ?? ""),
      onSelect: () => {
        const now = toBulk(filter, action, Date.now());
        if (now) setAsked({ action, filter: now });
      },
    };
  });
  return (
    <>
      <Menu
        label={t.runs.bulk}
        groups={[items]}
        trigger={<Button icon={<ChevronDown size={14} aria-hidden />}>{t.runs.bulk}</Button>}
      />
      {asked ? <BulkDialog {...asked} onClose={() => setAsked(undefined)} /> : null}
    </>
  );
}

interface BulkDialogProps {
  action: BulkAction;
  filter: RunFilter;
  onClose: () => void;
}

function BulkDialog({ action, filter, onClose }: BulkDialogProps) {
  const client = useQueryClient();
  const [changed, setChanged] = useState<number>();
  const stopped = useRef(false);
  const start = async () => {
    let done = 0;
    let left = 0;
    setChanged(0);
    try {
      await changeRuns(action, filter, (n, skipped) => {
        done = n;
        left = skipped;
        setChanged(n);
        return !stopped.current;
      });
      toast({
        tone: "info",
        title: t.runs.bulkDone(done),
        text: left > 0 ? t.runs.bulkSkipped(left) : undefined,
      });
    } catch (error) {
      toast({ tone: "danger", title: t.runs.bulkFailed, text: asApiError(error).message });
    }
    void client.invalidateQueries({ queryKey: keys.runs });
    onClose();
  };
  const close = () => {
    stopped.current = true;
    if (changed === undefined) onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : close())}
      title={t.runs.bulkTitle[action]}
      text={`${t.runs.bulkText[action]} ${t.runs.bulkSince} ${t.runs.bulkOpen}`}
    >
      <p role="status">{changed === undefined ? "" : t.runs.bulkProgress(changed)}</p>
      <DialogActions>
        <Button onClick={close}>{changed === undefined ? t.ui.cancel : t.runs.bulkStop}</Button>
        <Button
          look={action === "cancel" ? "danger" : "primary"}
          busy={changed !== undefined}
          onClick={start}
        >
          {t.runs.bulkVerb[action]}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
