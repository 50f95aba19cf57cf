import { Ellipsis, Play, Save } from "lucide-react";
import type { Workflow } from "../api/types";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { Menu, type MenuItem } from "../ui/Menu";
import { WorkflowPill } from "../ui/StatePill";
import styles from "./Bar.module.css";
import { clockTime } from "./clock";
import { useEditor, useEditorState } from "./context";
import { isDirty } from "./store";

export interface BarDoing {
  save: () => void;
  run: () => void;
  publish: () => void;
  busy: { run: boolean; publish: boolean };
  canRun: boolean;
  more: readonly (readonly MenuItem[])[];
}

/** Above the canvas: what state the workflow is in, whether it is saved, and what to do with it as a whole. */
export function Bar({ workflow, doing }: { workflow: Workflow; doing: BarDoing }) {
  const { readOnly } = useEditor();
  const dirty = useEditorState(isDirty);
  const saving = useEditorState((s) => s.saving);
  const isLive = workflow.is_active && workflow.live_version !== null;
  const isPublished = isLive && workflow.live_version === workflow.draft_version && !dirty;
  const look = isLive ? "active" : workflow.state;
  return (
    <div className={styles.bar}>
      <WorkflowPill
        look={look}
        word={isLive ? t.editor.liveNow(workflow.live_version ?? 0) : undefined}
      />
      <SavedMark />
      <HookAddress workflow={workflow} />
      <span className={styles.grow} />
      <Menu
        label={t.editor.more}
        groups={doing.more}
        trigger={
          <Button look="ghost" label={t.editor.more} icon={<Ellipsis size={16} aria-hidden />} />
        }
      />
      {readOnly ? null : (
        <Button
          icon={<Save size={14} aria-hidden />}
          disabled={!dirty}
          busy={saving}
          onClick={doing.save}
        >
          {t.editor.save}
        </Button>
      )}
      <Button
        icon={<Play size={14} aria-hidden />}
        disabled={!doing.canRun}
        busy={doing.busy.run}
        title={`${t.editor.run} (Ctrl+Enter)`}
        onClick={doing.run}
      >
        {t.editor.runShort}
      </Button>
      {readOnly ? null : (
        <Button
          look="primary"
          disabled={isPublished}
          busy={doing.busy.publish}
          title={t.editor.publishHint(workflow.draft_version + (dirty ? 1 : 0))}
          onClick={doing.publish}
        >
          {t.editor.publish}
        </Button>
      )}
    </div>
  );
}

/** Compared with what the server has, each time; so it can't be wrong. */
function SavedMark() {
  const dirty = useEditorState(isDirty);
  const saving = useEditorState((s) => s.saving);
  const at = useEditorState((s) => s.savedAtMs);
  const words = saving
    ? t.editor.saving
    : dirty
      ? t.editor.unsaved
      : at
        ? t.editor.savedAt(clockTime(at))
        : t.editor.saved;
  return (
    <span className={dirty ? styles.unsaved : styles.saved} role="status">
      {words}
    </span>
  );
}

function HookAddress({ workflow }: { workflow: Workflow }) {
  if (!workflow.webhook_url || !workflow.is_active) return null;
  const address = new URL(workflow.webhook_url, location.origin).href;
  return (
    <span className={styles.hook}>
      <code className={styles.address} title={address}>
        {address}
      </code>
      <CopyButton text={address} what={t.editor.webhookUrl} />
    </span>
  );
}
