import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import type { Plan } from "../../api/types";
import { useSavePlan } from "../../api/usage";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { toast } from "../../ui/Toast";
import pageStyles from "./page.module.css";
import styles from "./UsageSection.module.css";

const HINTS: Record<string, string> = {
  storage_bytes: t.usage.storageHint,
  compute_ms: t.usage.computeHint,
};
const KINDS = Object.keys(t.usage.kind);
const RATES = Object.keys(t.usage.rate);

type Texts = Record<string, string>;

const textsOf = (of: Record<string, number | null | undefined>, names: readonly string[]): Texts =>
  Object.fromEntries(
    names.map((k) => [k, of[k] === null || of[k] === undefined ? "" : `${of[k]}`]),
  );

/** One plan's limits and rates, as numbers in fields. */
export function PlanDialog({ plan, onClose }: { plan: Plan; onClose: () => void }) {
  const save = useSavePlan();
  const [name, setName] = useState(plan.name);
  const [limits, setLimits] = useState(() => textsOf(plan.limits, KINDS));
  const [rates, setRates] = useState(() => textsOf(plan.rates, RATES));
  const refusal = save.error ? asApiError(save.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const limitOf = (kind: string) => (limits[kind] ? Number(limits[kind]) : null);
    const rateOf = (kind: string) => Number(rates[kind]);
    save.mutate(
      {
        id: plan.id,
        etag: plan.etag,
        name: name.trim(),
        limits: Object.fromEntries(KINDS.map((k) => [k, limitOf(k)])),
        rates: {
          workspace: rateOf("workspace"),
          user: rateOf("user"),
          token: rateOf("token"),
          webhook: rateOf("webhook"),
          intake: rateOf("intake"),
        },
      },
      {
        onSuccess: (saved) => {
          toast({ tone: "success", title: t.usage.saved(saved.name) });
          onClose();
        },
      },
    );
  };
  const fields = (names: Texts, values: Texts, set: (to: Texts) => void, of: string) =>
    Object.entries(names).map(([kind, label]) => (
      <Field key={kind} label={label} hint={HINTS[kind]} error={refusal?.issueOf(`${of}.${kind}`)}>
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            pattern="[0-9]*"
            value={values[kind] ?? ""}
            onChange={(e) => set({ ...values, [kind]: e.target.value.replace(/[^0-9]/g, "") })}
          />
        )}
      </Field>
    ));
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.usage.editOf(plan.name)}
      text={t.usage.editText}
    >
      <form className={pageStyles.dialogForm} onSubmit={submit} noValidate>
        {refusal ? (
          <ErrorPanel
            title={t.usage.saveFailed}
            text={refusal.message}
            requestId={refusal.requestId}
          />
        ) : null}
        <Field label={t.usage.name} error={refusal?.issueOf("name")}>
          {(control) => (
            <Input {...control} value={name} onChange={(e) => setName(e.target.value)} />
          )}
        </Field>
        <div className={styles.fields}>
          {fields(t.usage.kind, limits, setLimits, "limits")}
          {fields(t.usage.rate, rates, setRates, "rates")}
        </div>
        <DialogActions>
          <Button onClick={onClose}>{t.usage.cancel}</Button>
          <Button look="primary" type="submit" busy={save.isPending}>
            {t.usage.save}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
