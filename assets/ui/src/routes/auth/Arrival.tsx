import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { adoptSession } from "../../api/session";
import { t } from "../../text/en";
import { ErrorPanel } from "../../ui/ErrorPanel";

/** A browser that comes back from a provider with its session's cookie: who it is now, then on to the page. */
export function Arrival({ next }: { next: string }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { mutate, error } = useMutation({
    mutationFn: () => adoptSession(client),
    onSuccess: () => navigate(next, { replace: true }),
  });
  useEffect(() => mutate(), [mutate]);
  if (error) return <ErrorPanel title={t.auth.failed} text={t.identity.problem.unavailable} />;
  return <p role="status">{t.identity.arriving}</p>;
}
