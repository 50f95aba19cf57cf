import { type FormEvent, useState } from "react";
import { type ApiError, asApiError } from "../../api/error";
import { useCan } from "../../api/session";
import type { Outgoing } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { Input, Textarea } from "../../ui/Input";
import { Segmented } from "../../ui/Segmented";
import { toast } from "../../ui/Toast";
import { draftOf, issueIn, type OutgoingDraft, settingsOf } from "./outgoing";
import { useSetOutgoing } from "./outgoingQueries";
import { ProxyLogin } from "./ProxyLogin";
import styles from "./page.module.css";

export function OutgoingForm({ workspace, settings }: { workspace: string; settings: Outgoing }) {
  const mayChange = useCan()("workspace:admin");
  const set = useSetOutgoing(workspace);
  const [draft, setDraft] = useState(() => draftOf(settings));
  const [error, setError] = useState<ApiError | null>(null);
  const change = (part: Partial<OutgoingDraft>) => setDraft((old) => ({ ...old, ...part }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate(settingsOf(draft), {
      onSuccess: (saved) => {
        setError(null);
        setDraft(draftOf(saved));
        toast({ tone: "success", title: t.settings.saved });
      },
      onError: (thrown) => {
        const refusal = asApiError(thrown);
        setError(refusal);
        if (refusal.issues.length === 0)
          toast({ tone: "danger", title: t.settings.saveFailed, text: refusal.message });
      },
    });
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      {mayChange ? (
        <Segmented
          label={t.outgoing.which}
          value={draft.limited ? "only" : "every"}
          options={[
            { value: "every", label: t.outgoing.every },
            { value: "only", label: t.outgoing.only },
          ]}
          onChange={(v) => change({ limited: v === "only" })}
        />
      ) : (
        <p>{draft.limited ? t.outgoing.only : t.outgoing.every}</p>
      )}
      {draft.limited ? (
        <Field
          label={t.outgoing.hosts}
          hint={t.outgoing.hostsHint}
          error={issueIn(error, "hosts", draft.hosts)}
        >
          {(control) => (
            <Textarea
              {...control}
              mono
              value={draft.hosts}
              readOnly={!mayChange}
              onChange={(e) => change({ hosts: e.target.value })}
            />
          )}
        </Field>
      ) : null}
      <Field
        label={t.outgoing.networks}
        hint={t.outgoing.networksHint}
        error={issueIn(error, "networks", draft.networks)}
        optional
      >
        {(control) => (
          <Textarea
            {...control}
            mono
            rows={2}
            value={draft.networks}
            readOnly={!mayChange}
            onChange={(e) => change({ networks: e.target.value })}
          />
        )}
      </Field>
      <Field
        label={t.outgoing.proxy}
        hint={t.outgoing.proxyHint}
        error={issueIn(error, "proxy", draft.proxy)}
        optional
      >
        {(control) => (
          <Input
            {...control}
            mono
            value={draft.proxy}
            maxLength={300}
            readOnly={!mayChange}
            onChange={(e) => change({ proxy: e.target.value })}
          />
        )}
      </Field>
      {draft.proxy.trim() ? (
        <ProxyLogin
          draft={draft}
          isSet={settings.proxy_password_set}
          error={error}
          mayChange={mayChange}
          onChange={change}
        />
      ) : null}
      {mayChange ? (
        <Button type="submit" look="primary" busy={set.isPending}>
          {t.settings.save}
        </Button>
      ) : (
        <p className={styles.lead}>{t.settings.needsAdmin}</p>
      )}
    </form>
  );
}
