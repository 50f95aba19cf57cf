import { Play } from "lucide-react";
import { useState } from "react";
import { asApiError } from "../../api/error";
import type { VersionSummary, Workflow } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Select } from "../../ui/Input";
import { toast } from "../../ui/Toast";
import { useFilters } from "../../ui/useFilters";
import styles from "./page.module.css";
import { useStartReplay } from "./queries";
import { ReplayResult } from "./ReplayResult";
import { VersionSelect } from "./VersionSelect";

const LIMITS = [100, 500, 1000];

interface ReplayCardProps {
  workflow: Workflow;
  versions: readonly VersionSummary[];
  canWrite: boolean;
}

/** Tries a version over the last runs, and tells which would differ. */
export function ReplayCard({ workflow, versions, canWrite }: ReplayCardProps) {
  const { get, set } = useFilters();
  const [version, setVersion] = useState(workflow.draft_version);
  const [limit, setLimit] = useState(100);
  const start = useStartReplay(workflow.id);
  const replay = get("replay");
  const begin = () =>
    start.mutate(
      { version, limit },
      {
        onSuccess: (made) => set({ replay: made.id }),
        onError: (error) =>
          toast({
            tone: "danger",
            title: t.versions.replayRefused,
            text: asApiError(error).message,
          }),
      },
    );
  return (
    <Card title={t.versions.replay}>
      <div className={styles.replay}>
        <p>{t.versions.replayText}</p>
        <div className={styles.actions}>
          <VersionSelect
            label={t.versions.replayVersion}
            versions={versions}
            value={version}
            onChange={setVersion}
          />
          <Select
            compact
            aria-label={t.versions.replayLimit}
            value={String(limit)}
            options={LIMITS.map((n) => ({ value: String(n), label: t.versions.lastRuns(n) }))}
            onChange={(e) => setLimit(Number(e.target.value))}
          />
          <Button
            icon={<Play size={14} aria-hidden />}
            disabled={!canWrite}
            busy={start.isPending}
            onClick={begin}
          >
            {t.versions.replayVerb}
          </Button>
        </div>
        {replay ? <ReplayResult key={replay} id={replay} /> : null}
      </div>
    </Card>
  );
}
