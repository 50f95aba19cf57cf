import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { keys } from "../../api/keys";
import { type BulkAction, changeRuns } from "../../api/runs";
import { membershipOf, useCan, useMe } from "../../api/session";
import type { RunFilter } from "../../api/types";
import { BulkDialog } from "../../parts/BulkDialog";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Menu } from "../../ui/Menu";
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
      {asked ? (
        <BulkDialog
          title={t.runs.bulkTitle[asked.action]}
          text={`${t.runs.bulkText[asked.action]} ${t.runs.bulkSince} ${t.runs.bulkOpen}`}
          verb={t.runs.bulkVerb[asked.action]}
          danger={asked.action === "cancel"}
          change={(onStep) => changeRuns(asked.action, asked.filter, onStep)}
          changes={keys.runs}
          onClose={() => setAsked(undefined)}
        />
      ) : null}
    </>
  );
}
