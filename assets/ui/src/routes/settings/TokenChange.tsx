import { type FormEvent, useState } from "react";
import { asApiError } from "../../api/error";
import type { Token } from "../../api/types";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Field } from "../../ui/Field";
import { Select, Textarea } from "../../ui/Input";
import styles from "./page.module.css";
import { useRotateToken, useSetAddresses } from "./queries";
import { addressesOf, TokenShown } from "./TokenDialog";

interface ChangeProps {
  token: Token;
  onClose: () => void;
}

/** A new secret for the same program; both are good while it changes over. */
export function RotateDialog({ token, onClose }: ChangeProps) {
  const rotate = useRotateToken();
  const [overlap, setOverlap] = useState("3600");
  const refusal = rotate.error ? asApiError(rotate.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rotate.mutate({ id: token.id, overlap_s: Number(overlap) });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.team.rotateTitle(token.name)}
      text={rotate.data ? t.settings.once : t.team.rotateText}
    >
      {rotate.data ? (
        <TokenShown token={rotate.data.token} onClose={onClose} />
      ) : (
        <form className={styles.dialogForm} onSubmit={submit}>
          {refusal ? (
            <ErrorPanel
              title={t.team.rotateFailed}
              text={refusal.message}
              requestId={refusal.requestId}
            />
          ) : null}
          <Field label={t.team.overlap}>
            {(control) => (
              <Select
                {...control}
                value={overlap}
                options={t.team.overlaps}
                onChange={(e) => setOverlap(e.target.value)}
              />
            )}
          </Field>
          <DialogActions>
            <Button onClick={onClose}>{t.ui.cancel}</Button>
            <Button type="submit" look="primary" busy={rotate.isPending}>
              {t.team.rotate}
            </Button>
          </DialogActions>
        </form>
      )}
    </Dialog>
  );
}

/** From where the token may be used. */
export function AddressDialog({ token, onClose }: ChangeProps) {
  const save = useSetAddresses();
  const [text, setText] = useState(token.addresses.join("\n"));
  const refusal = save.error ? asApiError(save.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ id: token.id, addresses: addressesOf(text) }, { onSuccess: onClose });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.team.addressesOf(token.name)}
      text={t.team.addressesText}
    >
      <form className={styles.dialogForm} onSubmit={submit}>
        {refusal ? (
          <ErrorPanel
            title={t.team.addressesFailed}
            text={refusal.message}
            requestId={refusal.requestId}
          />
        ) : null}
        <Field label={t.team.addresses} hint={t.team.addressesHint}>
          {(control) => (
            <Textarea {...control} mono value={text} onChange={(e) => setText(e.target.value)} />
          )}
        </Field>
        <DialogActions>
          <Button onClick={onClose}>{t.ui.cancel}</Button>
          <Button type="submit" look="primary" busy={save.isPending}>
            {t.team.addressesSave}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
