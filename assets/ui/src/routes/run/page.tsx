import { useMemo } from "react";
import { keys } from "../../api/keys";
import { useNodeTypes } from "../../api/nodeTypes";
import { useCan } from "../../api/session";
import type { Run } from "../../api/types";
import { useVersion } from "../../api/workflows";
import { nameOf as nodeName } from "../../canvas/kinds";
import { RunCanvas } from "../../canvas/RunCanvas";
import { nodeStates } from "../../canvas/runState";
import { useRoom } from "../../live/useLive";
import { useRefresh } from "../../live/useRefresh";
import { t } from "../../text/en";
import { shortId } from "../../text/format";
import { Card } from "../../ui/Card";
import { useCrumbs } from "../../ui/crumbs";
import { Page } from "../../ui/Page";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { asState, StatePill } from "../../ui/StatePill";
import { useFilters } from "../../ui/useFilters";
import { Actions } from "./Actions";
import { Announcer } from "./Announcer";
import { Banner } from "./Banner";
import { LogCard } from "./LogCard";
import { Meta } from "./Meta";
import styles from "./page.module.css";
import { useRun, useSteps } from "./queries";
import { RunData } from "./RunData";
import { StepPanel } from "./StepPanel";
import { TimelineCard } from "./TimelineCard";
import { why } from "./why";

const LOG_EVERY_MS = 1000;

export function RunPage({ id }: { id: string }) {
  const run = useRun(id);
  const steps = useSteps(id);
  const isReady = run.data !== undefined && steps.data !== undefined;
  const after = Math.min(run.data?.live_seq ?? 0, steps.data?.live_seq ?? 0);
  useRoom(`run:${id}`, isReady ? { after } : undefined);
  // The log is made from the steps; lines that the room sends itself need no reading.
  useRefresh(keys.logs(id), LOG_EVERY_MS, (m) => m.room === `run:${id}` && m.type !== "log.lines");
  useCrumbs([
    { label: t.runs.title, href: "/runs" },
    ...(run.data
      ? [{ label: run.data.workflow_name, href: `/workflows/${run.data.workflow_id}` }]
      : []),
    { label: shortId(id) },
  ]);
  if (run.error && !run.data) {
    return (
      <Page title={t.run.run(shortId(id))}>
        <QueryError title={t.runs.oneFailed} error={run.error} onRetry={() => run.refetch()} />
      </Page>
    );
  }
  if (!run.data) {
    return (
      <Page title={t.run.run(shortId(id))}>
        <Card>
          <Skeleton rows={10} />
        </Card>
      </Page>
    );
  }
  return (
    <Page
      title={run.data.workflow_name}
      lead={<StatePill state={asState(run.data.status)} />}
      actions={<Actions run={run.data} />}
    >
      <RunView run={run.data} />
    </Page>
  );
}

function RunView({ run }: { run: Run }) {
  const steps = useSteps(run.id);
  const version = useVersion(run.workflow_id, run.version);
  const nodeTypes = useNodeTypes();
  const { get, set } = useFilters();
  const mayRead = useCan()("run:data");
  const definition = version.data?.definition;
  const items = steps.data?.items;
  const states = useMemo(
    () => nodeStates(definition ?? { nodes: [], edges: [] }, items ?? [], run.status),
    [definition, items, run.status],
  );
  const nameOf = (nodeId: string) => {
    const node = definition?.nodes.find((n) => n.id === nodeId);
    return node ? nodeName(node) : (items?.find((s) => s.node_id === nodeId)?.node_name ?? nodeId);
  };
  const selected =
    get("step") ||
    (run.status === "failed" && get("step") === "" ? (run.error?.node ?? undefined) : undefined);
  const shown = selected === "none" ? undefined : selected;
  const node = definition?.nodes.find((n) => n.id === shown);
  const select = (step: string) => set({ step, tab: "" });
  const sentence = why(run, states, nameOf);

  return (
    <>
      <Announcer status={run.status} states={states} nameOf={nameOf} />
      <Meta run={run} />
      {run.status === "succeeded" ? null : <Banner why={sentence} />}
      <div className={styles.columns}>
        <div className={styles.main}>
          <Card title={t.run.timeline} aside={<Legend />}>
            {version.error && !definition ? (
              <QueryError
                title={t.run.graphFailed}
                error={version.error}
                onRetry={() => version.refetch()}
              />
            ) : null}
            {definition ? (
              <div className={styles.graph}>
                <RunCanvas
                  label={t.run.graph}
                  definition={definition}
                  states={states}
                  nodeTypes={nodeTypes.data}
                  selected={shown}
                  onSelect={select}
                />
              </div>
            ) : null}
            {steps.error && !steps.data ? (
              <QueryError
                title={t.run.stepsFailed}
                error={steps.error}
                onRetry={() => steps.refetch()}
              />
            ) : null}
            {items ? (
              <TimelineCard
                run={run}
                definition={definition}
                states={states}
                steps={items}
                selected={shown}
                onSelect={select}
              />
            ) : (
              <Skeleton rows={4} />
            )}
          </Card>
          <LogCard id={run.id} nameOf={nameOf} />
        </div>
        <aside className={styles.side} aria-label={t.run.stepPanel}>
          <Card>
            {node ? (
              <StepPanel
                key={node.id}
                node={node}
                name={nodeName(node)}
                state={states.get(node.id)}
                mayRead={mayRead}
                tab={get("tab")}
                onTab={(tab) => set({ tab })}
                onClose={() => set({ step: run.status === "failed" ? "none" : "", tab: "" })}
              />
            ) : (
              <RunData run={run} mayRead={mayRead} tab={get("tab")} onTab={(tab) => set({ tab })} />
            )}
          </Card>
        </aside>
      </div>
    </>
  );
}

function Legend() {
  return (
    <span className={styles.legend} aria-hidden>
      <span className={styles.ran}>{t.run.legendRan}</span>
      <span className={styles.failed}>{t.run.legendFailed}</span>
      <span className={styles.waiting}>{t.run.legendWaiting}</span>
    </span>
  );
}
