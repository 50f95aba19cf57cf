import { useSearch } from "wouter";
import { t } from "../../text/en";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Arrival } from "./Arrival";
import { AuthForm } from "./AuthForm";
import { Frame } from "./Frame";
import { OtherWays } from "./OtherWays";
import styles from "./page.module.css";

export function AuthPage({ mode }: { mode: "login" | "register" }) {
  const search = new URLSearchParams(useSearch());
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
      {mode === "login" && search.has("signed-in") ? (
        <Arrival next={safePath(search.get("next"))} />
      ) : null}
      <AuthForm key={mode} mode={mode} next={safePath(search.get("next"))} />
      <OtherWays mode={mode} next={safePath(search.get("next"))} />
    </Frame>
  );
}

/** Only a path of ours: a link must not send somebody who logs in to another site. */
export function safePath(next: string | null): string {
  if (!next?.startsWith("/") || next.startsWith("//") || next.includes("\\")) return "/";
  return next.startsWith("/login") || next.startsWith("/register") ? "/" : next;
}
