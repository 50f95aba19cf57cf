import type { ApiError } from "../../api/error";
import { t } from "../../text/en";
import { Field } from "../../ui/Field";
import { Input } from "../../ui/Input";
import { issueIn, type OutgoingDraft } from "./outgoing";

/** What the proxy is told. A stored password is never shown: an empty field keeps it. */
export function ProxyLogin({
  draft,
  isSet,
  error,
  mayChange,
  onChange,
}: {
  draft: OutgoingDraft;
  isSet: boolean;
  error: ApiError | null;
  mayChange: boolean;
  onChange: (part: Partial<OutgoingDraft>) => void;
}) {
  return (
    <>
      <Field
        label={t.outgoing.user}
        hint={t.outgoing.userHint}
        error={issueIn(error, "proxy_user", draft.user)}
        optional
      >
        {(control) => (
          <Input
            {...control}
            mono
            autoComplete="off"
            value={draft.user}
            maxLength={255}
            readOnly={!mayChange}
            onChange={(e) => onChange({ user: e.target.value })}
          />
        )}
      </Field>
      {mayChange && draft.user.trim() ? (
        <Field
          label={t.outgoing.password}
          hint={isSet ? t.outgoing.passwordSet : t.outgoing.passwordHint}
          error={issueIn(error, "proxy_password", "")}
        >
          {(control) => (
            <Input
              {...control}
              type="password"
              autoComplete="new-password"
              value={draft.password}
              maxLength={255}
              placeholder={isSet ? t.outgoing.set : undefined}
              onChange={(e) => onChange({ password: e.target.value })}
            />
          )}
        </Field>
      ) : null}
    </>
  );
}
