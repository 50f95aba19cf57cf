import { useState } from "react";
import { useSearch } from "wouter";
import { t } from "../../text/en";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Arrival } from "./Arrival";
import { AuthForm } from "./AuthForm";
import { Frame } from "./Frame";
import { useLinkSecret } from "./link";
import { OtherWays } from "./OtherWays";
import styles from "./page.module.css";
import { SecondStep } from "./SecondStep";
import { safePath } from "./safePath";

export function AuthPage({ mode }: { mode: "login" | "register" }) {
  const search = new URLSearchParams(useSearch());
  const next = safePath(search.get("next"));
  const ticket = useLinkSecret();
  // A provider's sign-in that lacks the second factor comes here with its ticket.
  const [dropped, setDropped] = useState("");
  if (ticket !== dropped)
    return (
      <Frame title={t.auth.loginTitle} lead={t.auth.loginLead}>
        <SecondStep key={ticket} ticket={ticket} next={next} onRestart={() => setDropped(ticket)} />
      </Frame>
    );
  return (
    <Frame
      title={mode === "login" ? t.auth.loginTitle : t.auth.registerTitle}
      lead={mode === "login" ? t.auth.loginLead : t.auth.registerLead}
    >
      {search.has("expired") ? (
        <p className={styles.notice} role="status">
          {t.auth.expired}
        </p>
      ) : null}
      {search.has("problem") ? (
        <ErrorPanel
          title={t.auth.failed}
          text={t.identity.problemText(search.get("problem") ?? "")}
        />
      ) : null}
      {mode === "login" && search.has("signed-in") ? <Arrival next={next} /> : null}
      <AuthForm key={mode} mode={mode} next={next} />
      <OtherWays mode={mode} next={next} />
    </Frame>
  );
}
