import { X } from "lucide-react";
import type { Run } from "../api/types";
import { t } from "../text/en";
import { span } from "../text/format";
import { Button, ButtonLink } from "../ui/Button";
import { asState, StatePill } from "../ui/StatePill";
import { useEditor } from "./context";
import styles from "./RunBar.module.css";

/** The run that lights the canvas: its state, the way to its page, and how to put the light out. */
export function RunBar({ run }: { run: Run | undefined }) {
  const { store } = useEditor();
  if (!run) return null;
  const state = asState(run.status);
  return (
    <div className={styles.bar} role="status">
      <span className="vh">{t.editor.runState(t.state[state])}</span>
      <span aria-hidden>
        <StatePill state={state} />
      </span>
      {run.duration_ms === null ? null : (
        <span className={styles.span}>{span(run.duration_ms)}</span>
      )}
      {run.error ? <span className={styles.error}>{run.error.message}</span> : null}
      <ButtonLink size="sm" look="ghost" href={`/runs/${run.id}`}>
        {t.editor.runOpen}
      </ButtonLink>
      <Button
        size="sm"
        look="ghost"
        label={t.editor.runClear}
        icon={<X size={14} aria-hidden />}
        onClick={() => store.setState({ runId: null })}
      />
    </div>
  );
}
