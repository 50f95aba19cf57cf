import { useState } from "react";
import { asApiError } from "../../api/error";
import { amount } from "../../api/quota";
import type { Plan, WorkspacePlan } from "../../api/types";
import { useGivePlan, usePlans, useWorkspacePlans } from "../../api/usage";
import { t } from "../../text/en";
import { bytes, integer } from "../../text/format";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Input, Select } from "../../ui/Input";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import { Table } from "../../ui/Table";
import { toast } from "../../ui/Toast";
import { PlanDialog } from "./PlanDialog";
import styles from "./page.module.css";

/** For superusers: the plans, and which workspace has which. */
export function PlansSection() {
  const plans = usePlans();
  const [edited, setEdited] = useState<Plan | null>(null);
  return (
    <>
      <p className={styles.lead}>{t.usage.plansLead}</p>
      <Card title={t.usage.plans}>
        {plans.error && !plans.data ? (
          <QueryError
            title={t.usage.plansFailed}
            error={plans.error}
            onRetry={() => plans.refetch()}
          />
        ) : null}
        {plans.isPending ? <Skeleton rows={4} /> : null}
        {plans.data ? <PlanTable plans={plans.data} onEdit={setEdited} /> : null}
      </Card>
      <Workspaces plans={plans.data ?? []} />
      {edited ? <PlanDialog plan={edited} onClose={() => setEdited(null)} /> : null}
    </>
  );
}

function limitsOf(plan: Plan): string {
  const set = Object.entries(plan.limits).filter(([, n]) => n !== null);
  if (set.length === 0) return t.usage.noLimit;
  return set
    .map(([kind, n]) => `${t.usage.kind[kind] ?? kind} ${amount(kind, n ?? 0)}`)
    .join(" · ");
}

function PlanTable({ plans, onEdit }: { plans: readonly Plan[]; onEdit: (plan: Plan) => void }) {
  return (
    <Table<Plan>
      caption={t.usage.plans}
      rows={plans}
      rowKey={(p) => p.id}
      columns={[
        {
          id: "name",
          head: t.usage.planName,
          phone: "first",
          cell: (p) => (p.is_default ? `${p.name} (${t.usage.isDefault})` : p.name),
        },
        { id: "limits", head: t.usage.limits, wide: true, phone: "second", cell: limitsOf },
        {
          id: "edit",
          head: t.settings.colActions,
          quiet: true,
          align: "end",
          phone: "end",
          cell: (p) => (
            <Button size="sm" label={t.usage.editOf(p.name)} onClick={() => onEdit(p)}>
              {t.usage.edit}
            </Button>
          ),
        },
      ]}
    />
  );
}

function Workspaces({ plans }: { plans: readonly Plan[] }) {
  const [q, setQ] = useState("");
  const workspaces = useWorkspacePlans(q);
  return (
    <Card
      title={t.usage.workspaces}
      aside={
        <Input
          aria-label={t.usage.search}
          placeholder={t.usage.search}
          value={q}
          onChange={(e) => setQ(e.target.value)}
        />
      }
    >
      {workspaces.error && !workspaces.data ? (
        <QueryError
          title={t.usage.workspacesFailed}
          error={workspaces.error}
          onRetry={() => workspaces.refetch()}
        />
      ) : null}
      {workspaces.data ? (
        <Table<WorkspacePlan>
          caption={t.usage.workspaces}
          rows={workspaces.data}
          rowKey={(w) => w.workspace_id}
          columns={[
            {
              id: "name",
              head: t.usage.workspace,
              wide: true,
              phone: "first",
              cell: (w) => w.name,
            },
            {
              id: "runs",
              head: t.usage.usedRuns,
              align: "end",
              phone: "second",
              cell: (w) => integer(w.used.runs),
            },
            {
              id: "storage",
              head: t.usage.usedStorage,
              align: "end",
              phone: "off",
              cell: (w) => bytes(w.used.storage_bytes),
            },
            {
              id: "members",
              head: t.usage.usedMembers,
              align: "end",
              phone: "off",
              cell: (w) => integer(w.used.members),
            },
            {
              id: "plan",
              head: t.usage.planName,
              phone: "end",
              cell: (w) => <PlanSelect of={w} plans={plans} />,
            },
          ]}
        />
      ) : (
        <Skeleton rows={6} />
      )}
    </Card>
  );
}

function PlanSelect({ of, plans }: { of: WorkspacePlan; plans: readonly Plan[] }) {
  const give = useGivePlan();
  return (
    <Select
      compact
      aria-label={t.usage.planOf(of.name)}
      value={of.plan_id}
      disabled={give.isPending}
      options={plans.map((p) => ({ value: p.id, label: p.name }))}
      onChange={(e) =>
        give.mutate(
          { id: of.workspace_id, plan: e.target.value },
          {
            onSuccess: (w) => toast({ tone: "success", title: t.usage.given(w.name, w.plan_id) }),
            onError: (error) =>
              toast({ tone: "danger", title: t.usage.giveFailed, text: asApiError(error).message }),
          },
        )
      }
    />
  );
}
