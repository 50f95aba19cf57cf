import {
  CalendarClock,
  CornerRightDown,
  MousePointerClick,
  TriangleAlert,
  Webhook,
} from "lucide-react";
import type { Trigger, Workflow } from "../../api/types";
import { nameOf } from "../../canvas/kinds";
import { t } from "../../text/en";
import { exact } from "../../text/format";
import { Card } from "../../ui/Card";
import { CopyButton } from "../../ui/CopyButton";
import { Empty } from "../../ui/Empty";
import { Time } from "../../ui/Time";
import styles from "./TriggerPanel.module.css";

const ICON = {
  webhook: Webhook,
  schedule: CalendarClock,
  manual: MousePointerClick,
  error: TriangleAlert,
  called: CornerRightDown,
};

/** How runs of a workflow start: the webhook's address to copy, the schedule's next time. */
export function TriggerPanel({ workflow }: { workflow: Workflow }) {
  return (
    <Card title={t.workflows.triggers}>
      {workflow.triggers.length === 0 ? <Empty title={t.workflows.noTrigger} /> : null}
      <ul>
        {workflow.triggers.map((trigger) => (
          <li key={trigger.id} className={styles.trigger}>
            <Head trigger={trigger} workflow={workflow} />
            <Body trigger={trigger} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Head({ trigger, workflow }: { trigger: Trigger; workflow: Workflow }) {
  const Icon = ICON[trigger.type];
  const node = workflow.definition.nodes.find((n) => n.id === trigger.node_id);
  return (
    <p className={styles.head}>
      <span className={styles.tile}>
        <Icon size={16} aria-hidden />
      </span>
      <b>{node ? nameOf(node) : trigger.node_id}</b>
      <span className={styles.type}>{t.canvas.typeName[trigger.type]}</span>
    </p>
  );
}

function Body({ trigger }: { trigger: Trigger }) {
  if (trigger.type === "webhook" && trigger.webhook_url)
    return <WebhookBody trigger={trigger} url={trigger.webhook_url} />;
  if (trigger.type === "schedule") {
    return (
      <dl className={styles.facts}>
        <dt>{t.workflows.rule}</dt>
        <dd className="mono">{trigger.rule}</dd>
        <dt>{t.workflows.timeZone}</dt>
        <dd>{trigger.timezone ?? "UTC"}</dd>
        <dt>{t.workflows.nextStart}</dt>
        <dd>
          {trigger.is_active && trigger.due_at ? (
            <span title={exact(trigger.due_at)}>
              <Time at={trigger.due_at} />
            </span>
          ) : (
            t.workflows.noNextStart
          )}
        </dd>
      </dl>
    );
  }
  return <p className={styles.note}>{t.workflows.startText[trigger.type]}</p>;
}

/** A line that works as it is pasted: quotes are right for a POSIX shell. */
export function curlLine(address: string, method: string): string {
  const body =
    method === "GET" ? "" : ` -H 'Content-Type: application/json' -d '{"hello":"world"}'`;
  return `curl -X ${method} '${address.replaceAll("'", "'\\''")}'${body}`;
}

function WebhookBody({ trigger, url }: { trigger: Trigger; url: string }) {
  const address = new URL(url, location.origin).href;
  const curl = curlLine(address, trigger.methods[0] ?? "POST");
  return (
    <>
      <Line label={t.workflows.webhookUrl} text={address} />
      <Line label={t.workflows.curl} text={curl} />
      <dl className={styles.facts}>
        <dt>{t.hooks.accepts}</dt>
        <dd>{t.hooks.schemeWord[trigger.scheme ?? "none"]}</dd>
      </dl>
      {trigger.scheme === "none" || trigger.has_secret ? null : (
        <p className={styles.note}>{t.hooks.isMissing}</p>
      )}
      {trigger.is_active ? null : <p className={styles.note}>{t.workflows.notArmed}</p>}
    </>
  );
}

function Line({ label, text }: { label: string; text: string }) {
  return (
    <div className={styles.line}>
      <span className={styles.label}>{label}</span>
      <div className={styles.copy}>
        <code className={styles.code}>{text}</code>
        <CopyButton text={text} what={label} words />
      </div>
    </div>
  );
}
