import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import { membershipOf, permits, useMe } from "../../api/session";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Input, Select, Textarea } from "../../ui/Input";
import styles from "./page.module.css";
import { useCreateToken } from "./queries";

const DAY_MS = 86_400_000;
const LIVES = [
  { value: "90", label: t.settings.expires90 },
  { value: "30", label: t.settings.expires30 },
  { value: "365", label: t.settings.expires365 },
  { value: "", label: t.settings.expiresNever },
];

/** A service account, whose role bounds what its tokens may do. */
export interface TokenOwner {
  id: string;
  permissions: readonly string[];
}

/** One network a line or comma. */
export const addressesOf = (text: string) => text.split(/[\s,]+/).filter(Boolean);

interface TokenDialogProps {
  owner?: TokenOwner;
  onClose: () => void;
}

export function TokenDialog({ owner, onClose }: TokenDialogProps) {
  const create = useCreateToken();
  const made = create.data;
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={made ? made.name : t.settings.newToken}
      text={made ? t.settings.once : t.settings.newTokenText}
    >
      {made ? (
        <TokenShown token={made.token} onClose={onClose} />
      ) : (
        <TokenForm create={create} owner={owner} onClose={onClose} />
      )}
    </Dialog>
  );
}

/** The token itself, this once. */
export function TokenShown({ token, onClose }: { token: string; onClose: () => void }) {
  return (
    <>
      <div className={styles.secret}>
        <code>{token}</code>
        <CopyButton text={token} what={t.settings.tokenWord} words size="md" />
      </div>
      <p className={styles.lead}>{t.settings.onceText}</p>
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          {t.settings.done}
        </Button>
      </DialogActions>
    </>
  );
}

function TokenForm({
  create,
  owner,
  onClose,
}: TokenDialogProps & { create: ReturnType<typeof useCreateToken> }) {
  const me = useMe();
  const mine = owner?.permissions ?? membershipOf(me)?.permissions ?? [];
  const offered = Object.keys(t.settings.scopeWord).filter((scope) => permits(mine, scope));
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>(
    ["run:write", "run:read"].filter((s) => offered.includes(s)),
  );
  const [days, setDays] = useState("90");
  const [networks, setNetworks] = useState("");
  const [tried, setTried] = useState(false);
  const refusal = create.error ? asApiError(create.error) : undefined;
  const nameIssue = tried && !name.trim() ? t.auth.mustFill : refusal?.issueOf("name");
  const toggle = (scope: string) =>
    setScopes(scopes.includes(scope) ? scopes.filter((s) => s !== scope) : [...scopes, scope]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!name.trim() || scopes.length === 0) return;
    const expires = days ? new Date(Date.now() + Number(days) * DAY_MS).toISOString() : null;
    create.mutate({
      name: name.trim(),
      scopes: [...scopes],
      expires_at: expires,
      addresses: addressesOf(networks),
      user_id: owner?.id,
    });
  };
  return (
    <form className={styles.dialogForm} onSubmit={submit} noValidate>
      {refusal && !nameIssue ? (
        <ErrorPanel
          title={t.settings.createFailed}
          text={refusal.message}
          requestId={refusal.requestId}
        />
      ) : null}
      <Field label={t.settings.tokenName} error={nameIssue}>
        {(control) => (
          <Input
            {...control}
            value={name}
            maxLength={255}
            placeholder={t.settings.tokenNamePlaceholder}
            onChange={(e) => setName(e.target.value)}
          />
        )}
      </Field>
      <fieldset className={styles.scopes}>
        <legend>{t.settings.scopes}</legend>
        {offered.map((scope) => (
          <label key={scope} className={styles.scope}>
            <input
              type="checkbox"
              checked={scopes.includes(scope)}
              onChange={() => toggle(scope)}
            />
            {t.settings.scopeWord[scope]}
            <code>{scope}</code>
          </label>
        ))}
        {tried && scopes.length === 0 ? (
          <p className={styles.issue}>{t.settings.scopesMissing}</p>
        ) : null}
      </fieldset>
      <Field label={t.settings.expires}>
        {(control) => (
          <Select
            {...control}
            value={days}
            options={LIVES}
            onChange={(e) => setDays(e.target.value)}
          />
        )}
      </Field>
      <Field label={t.team.addresses} hint={t.team.addressesHint} optional>
        {(control) => (
          <Textarea
            {...control}
            mono
            rows={2}
            value={networks}
            onChange={(e) => setNetworks(e.target.value)}
          />
        )}
      </Field>
      <DialogActions>
        <Button onClick={onClose}>{t.ui.cancel}</Button>
        <Button type="submit" look="primary" busy={create.isPending}>
          {t.settings.create}
        </Button>
      </DialogActions>
    </form>
  );
}
