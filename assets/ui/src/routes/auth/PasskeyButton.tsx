import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { useLocation } from "wouter";
import { asApiError } from "../../api/error";
import { enterSession } from "../../api/session";
import { passkeysWork, signInWithPasskey, wasCalledOff } from "../../api/webauthn";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { ErrorPanel } from "../../ui/ErrorPanel";

export function PasskeyButton({ next }: { next: string }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const signIn = useMutation({
    mutationFn: signInWithPasskey,
    onSuccess: (session) => {
      enterSession(client, session);
      navigate(next, { replace: true });
    },
  });
  if (!passkeysWork()) return null;
  const calledOff = wasCalledOff(signIn.error);
  return (
    <>
      {signIn.error ? (
        <ErrorPanel
          title={calledOff ? t.identity.calledOff : t.auth.failed}
          text={calledOff ? t.identity.calledOffText : asApiError(signIn.error).message}
        />
      ) : null}
      <Button
        icon={<Fingerprint size={16} aria-hidden />}
        busy={signIn.isPending}
        onClick={() => signIn.mutate()}
      >
        {t.identity.withPasskey}
      </Button>
    </>
  );
}
