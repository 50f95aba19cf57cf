import { Pause, Pencil, Play, RotateCcw, Square } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { asApiError } from "../../api/error";
import { membershipOf, useCan, useMe } from "../../api/session";
import type { Run } from "../../api/types";
import { ConfirmChange } from "../../parts/ConfirmChange";
import { t } from "../../text/en";
import { Button, ButtonLink } from "../../ui/Button";
import { isFinal } from "../../ui/state";
import { toast } from "../../ui/Toast";
import { useCancelRun, useHoldRun, useRetryRun } from "./queries";

export function Actions({ run }: { run: Run }) {
  const can = useCan()("run:write");
  const role = membershipOf(useMe())?.role ?? "";
  const blocked = can ? undefined : t.run.needsRun(role);
  return (
    <>
      <ButtonLink
        href={`/workflows/${run.workflow_id}/edit`}
        icon={<Pencil size={14} aria-hidden />}
      >
        {t.run.openEditor}
      </ButtonLink>
      {isFinal(run.status) ? (
        <Retry run={run} blocked={blocked} />
      ) : (
        <>
          <Hold run={run} blocked={blocked} />
          <Cancel run={run} blocked={blocked} />
        </>
      )}
    </>
  );
}

function Retry({ run, blocked }: { run: Run; blocked: string | undefined }) {
  const [, navigate] = useLocation();
  const retry = useRetryRun(run.id);
  const start = (from: "start" | "failed") =>
    retry.mutate(from, {
      onSuccess: (next) => {
        toast({ tone: "info", title: t.run.retried });
        navigate(`/runs/${next.id}`);
      },
      onError: (error) =>
        toast({ tone: "danger", title: t.run.retryRefused, text: asApiError(error).message }),
    });
  const hasFailedStep = run.status === "failed" && Boolean(run.error?.node);
  return (
    <>
      <Button
        look={hasFailedStep ? "plain" : "primary"}
        disabled={Boolean(blocked)}
        title={blocked}
        busy={retry.isPending && retry.variables === "start"}
        onClick={() => start("start")}
      >
        {t.run.retryStart}
      </Button>
      {hasFailedStep ? (
        <Button
          look="primary"
          disabled={Boolean(blocked)}
          title={blocked}
          busy={retry.isPending && retry.variables === "failed"}
          icon={<RotateCcw size={14} aria-hidden />}
          onClick={() => start("failed")}
        >
          {t.run.retryFailed}
        </Button>
      ) : null}
    </>
  );
}

function Hold({ run, blocked }: { run: Run; blocked: string | undefined }) {
  const hold = useHoldRun(run.id);
  const isPaused = run.status === "paused";
  const Icon = isPaused ? Play : Pause;
  return (
    <Button
      look={isPaused ? "primary" : "plain"}
      disabled={Boolean(blocked)}
      title={blocked}
      busy={hold.isPending}
      icon={<Icon size={14} aria-hidden />}
      onClick={() =>
        hold.mutate(isPaused ? "resume" : "pause", {
          onSuccess: () => toast({ tone: "info", title: isPaused ? t.run.resumed : t.run.paused }),
          onError: (error) =>
            toast({
              tone: "danger",
              title: isPaused ? t.run.resumeFailed : t.run.pauseFailed,
              text: asApiError(error).message,
            }),
        })
      }
    >
      {isPaused ? t.run.resume : t.run.pause}
    </Button>
  );
}

function Cancel({ run, blocked }: { run: Run; blocked: string | undefined }) {
  const [asking, setAsking] = useState(false);
  const cancel = useCancelRun(run.id);
  return (
    <>
      <Button
        disabled={Boolean(blocked)}
        title={blocked}
        icon={<Square size={14} aria-hidden />}
        onClick={() => setAsking(true)}
      >
        {t.run.cancel}
      </Button>
      {asking ? (
        <ConfirmChange
          title={t.run.cancelTitle}
          text={t.run.cancelText}
          verb={t.run.cancel}
          change={cancel}
          of={undefined}
          done={t.run.cancelled}
          failed={t.run.cancelFailed}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </>
  );
}
