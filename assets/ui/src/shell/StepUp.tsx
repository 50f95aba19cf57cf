import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { api, data, setCredentials } from "../api/client";
import { asApiError } from "../api/error";
import { keys } from "../api/keys";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { CodeField } from "../ui/CodeField";
import { Dialog, DialogActions } from "../ui/Dialog";
import { ErrorPanel } from "../ui/ErrorPanel";
import styles from "./StepUp.module.css";

type Settle = (shown: boolean) => void;

/** Stands in for every operation that the server answers with SECOND_FACTOR_NEEDED: those that wait share one dialog. */
export function StepUp() {
  const waiting = useRef<Settle[]>([]);
  const [open, setOpen] = useState(false);
  const settle = useCallback((shown: boolean) => {
    for (const done of waiting.current.splice(0)) done(shown);
    setOpen(false);
  }, []);
  useEffect(() => {
    const confirm = () =>
      new Promise<boolean>((done) => {
        waiting.current.push(done);
        setOpen(true);
      });
    setCredentials({ confirm });
    return () => {
      setCredentials({ confirm: async () => false });
      settle(false);
    };
  }, [settle]);
  return open ? <CodeDialog settle={settle} /> : null;
}

function CodeDialog({ settle }: { settle: Settle }) {
  const [code, setCode] = useState("");
  const client = useQueryClient();
  const show = useMutation({
    mutationFn: () =>
      data(api.POST("/api/v1/users/me/second-factor", { body: { code: code.trim() } })),
    onSuccess: (state) => {
      client.setQueryData(keys.secondFactor, state);
      settle(true);
    },
  });
  const refusal = show.error ? asApiError(show.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A dialog may have been opened from a form: React lets this event through to it.
    event.stopPropagation();
    show.mutate();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || settle(false)}
      title={t.account.askTitle}
      text={t.account.askText}
    >
      <form className={styles.form} onSubmit={submit} noValidate>
        {refusal && !refusal.issueOf("code") ? (
          <ErrorPanel title={t.account.askFailed} text={refusal.message} />
        ) : null}
        <CodeField value={code} error={refusal?.issueOf("code")} onChange={setCode} />
        <DialogActions>
          <Button onClick={() => settle(false)}>{t.ui.cancel}</Button>
          <Button
            type="submit"
            look="primary"
            busy={show.isPending}
            disabled={code.trim().length < 6}
          >
            {t.account.goOn}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
