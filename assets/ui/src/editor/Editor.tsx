import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useMemo, useState } from "react";
import { useNodeTypes } from "../api/nodeTypes";
import { membershipOf, useCan, useMe } from "../api/session";
import type { NodeType, Workflow } from "../api/types";
import { ZoomBar } from "../canvas/ZoomBar";
import { t } from "../text/en";
import { Page } from "../ui/Page";
import { QueryError } from "../ui/QueryError";
import { Skeleton } from "../ui/Skeleton";
import { Bar } from "./Bar";
import { Canvas } from "./Canvas";
import { ConnectDialog } from "./ConnectDialog";
import { EditorContext, useEditor, useEditorState } from "./context";
import styles from "./Editor.module.css";
import { IssueBar } from "./IssueBar";
import { countByNode } from "./issues";
import { KeySheet } from "./KeySheet";
import { LeaveGuard } from "./LeaveGuard";
import { Palette } from "./Palette";
import { Panel } from "./panel/Panel";
import { RunBar } from "./RunBar";
import { RunDialog } from "./RunDialog";
import { SettingsDialog } from "./SettingsDialog";
import { StaleDialog } from "./StaleDialog";
import { Starters } from "./Starters";
import { makeStore } from "./store";
import { Tools } from "./Tools";
import { useDoing, useEditorKeys, useSeen } from "./useDoing";
import { useIssues } from "./useIssues";
import { useLastRun } from "./useLastRun";
import { useRunLight } from "./useRunLight";
import { useSave } from "./useSave";
import { useWhole } from "./useWhole";

/** The editor of one workflow. Its store is made here and goes with it; the parent gives each id a key. */
export function Editor({ workflow }: { workflow: Workflow }) {
  const nodeTypes = useNodeTypes();
  if (nodeTypes.data) return <Ready workflow={workflow} typeList={nodeTypes.data} />;
  return (
    <Page title={workflow.name}>
      {nodeTypes.error ? (
        <QueryError
          title={t.editor.typesFailed}
          error={nodeTypes.error}
          onRetry={() => nodeTypes.refetch()}
        />
      ) : (
        <Skeleton rows={8} />
      )}
    </Page>
  );
}

function Ready({ workflow, typeList }: { workflow: Workflow; typeList: readonly NodeType[] }) {
  const [store] = useState(() => makeStore(workflow));
  const readOnly = !useCan()("workflow:write");
  const value = useMemo(
    () => ({
      workflowId: workflow.id,
      store,
      typeList,
      types: new Map(typeList.map((x) => [x.type, x])),
      readOnly,
    }),
    [workflow.id, store, typeList, readOnly],
  );
  // Going live and off changes the etag but not the document: no reason to refuse the next save.
  useEffect(() => {
    const { version, etag, saving } = store.getState();
    if (!saving && workflow.draft_version === version && workflow.etag > etag)
      store.setState({ etag: workflow.etag });
  }, [store, workflow]);
  return (
    <EditorContext value={value}>
      <ReactFlowProvider>
        <Frame workflow={workflow} />
      </ReactFlowProvider>
    </EditorContext>
  );
}

function Frame({ workflow }: { workflow: Workflow }) {
  const { readOnly } = useEditor();
  const role = membershipOf(useMe())?.role ?? "";
  const [sheet, setSheet] = useState<"keys" | "run" | "settings" | null>(null);
  const [input, setInput] = useState("{}");
  const definition = useEditorState((s) => s.definition);
  const runId = useEditorState((s) => s.runId);
  const issues = useIssues();
  const counts = useMemo(() => countByNode(issues), [issues]);
  const light = useRunLight(runId, definition);
  const lastSteps = useLastRun(workflow.id, light);
  const saving = useSave(workflow.id);
  const whole = useWhole(workflow, saving.save, setSheet);
  const doing = useDoing({
    save: whole.save,
    run: whole.run,
    keys: () => setSheet("keys"),
    issues,
  });
  useEditorKeys(doing);
  useSeen(doing);
  return (
    <div className={styles.editor}>
      <Bar workflow={workflow} doing={whole} />
      {readOnly ? <p className={styles.strip}>{t.editor.readOnly(role)}</p> : null}
      <div className={styles.work}>
        <section className={styles.canvas} aria-label={t.editor.canvas}>
          <Canvas workflowId={workflow.id} states={light.states} issues={counts} />
          <Starters />
          <Tools doing={doing} />
          <ZoomBar />
          <IssueBar issues={issues} onShow={doing.show} />
          <RunBar run={light.run} />
          <Notice />
        </section>
        <Panel issues={issues} steps={lastSteps} doing={doing} />
      </div>
      <Palette />
      <ConnectDialog />
      <StaleDialog saving={saving} />
      <LeaveGuard save={saving.save} />
      {sheet === "keys" ? <KeySheet onClose={() => setSheet(null)} /> : null}
      {sheet === "settings" ? <SettingsDialog onClose={() => setSheet(null)} /> : null}
      {sheet === "run" ? (
        <RunDialog
          first={input}
          onClose={() => setSheet(null)}
          onRun={(value, text) => {
            setInput(text);
            setSheet(null);
            whole.runWith(value);
          }}
        />
      ) : null}
    </div>
  );
}

const SHOWN_MS = 4000;

/** What was undone, why a drop was refused: said once, shown for a moment. */
function Notice() {
  const notice = useEditorState((s) => s.notice);
  const [gone, setGone] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => setGone(notice.n), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <p className={notice.n > gone ? styles.notice : "vh"} role="status">
      {notice.n > gone ? notice.text : ""}
    </p>
  );
}
