import { asApiError } from "../../api/error";
import { useMeQuery, useSwitchWorkspace } from "../../api/session";
import { t } from "../../text/en";
import { Button, ButtonLink } from "../../ui/Button";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Logo } from "../../ui/Logo";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";
import styles from "./page.module.css";
import { useAccept, useInvitation } from "./queries";

/** What a link of an invitation opens: says to what, leads through the login, and accepts. */
export function InvitePage({ token }: { token: string }) {
  const invitation = useInvitation(token);
  const gone = invitation.error && asApiError(invitation.error).status === 404;
  return (
    <main className={styles.page}>
      <title>{`${t.team.invited} · Millrace`}</title>
      <div className={styles.box}>
        <p className={styles.brand}>
          <Logo /> Millrace
        </p>
        <h1 className={styles.title}>{gone ? t.team.inviteGone : t.team.invited}</h1>
        {invitation.isPending ? <Skeleton rows={3} /> : null}
        {gone ? (
          <>
            <p className={styles.lead}>{t.team.inviteGoneText}</p>
            <ButtonLink href="/">{t.team.home}</ButtonLink>
          </>
        ) : null}
        {invitation.error && !gone ? (
          <QueryError
            title={t.ui.networkTitle}
            error={invitation.error}
            onRetry={() => invitation.refetch()}
          />
        ) : null}
        {invitation.data ? (
          <>
            <p className={styles.lead}>
              {t.team.invitedTo(invitation.data.workspace, invitation.data.role)}{" "}
              {invitation.data.invited_by ? t.team.invitedFrom(invitation.data.invited_by) : ""}
            </p>
            <Answer token={token} email={invitation.data.email} />
          </>
        ) : null}
      </div>
    </main>
  );
}

function Answer({ token, email }: { token: string; email: string }) {
  const me = useMeQuery();
  const accept = useAccept(token);
  const switchTo = useSwitchWorkspace();
  const next = `?next=${encodeURIComponent(`/invite/${token}`)}`;
  if (me.isPending) return <Skeleton rows={1} />;
  if (!me.data) {
    return (
      <>
        <p>{t.team.signInAs(email)}</p>
        <ButtonLink look="primary" href={`/register${next}`}>
          {t.auth.registerTitle}
        </ButtonLink>
        <ButtonLink href={`/login${next}`}>{t.auth.loginTitle}</ButtonLink>
      </>
    );
  }
  if (me.data.email.toLowerCase() !== email.toLowerCase()) {
    return (
      <>
        <p>{t.team.otherAccount(me.data.email, email)}</p>
        <ButtonLink href="/">{t.team.home}</ButtonLink>
      </>
    );
  }
  const refusal = accept.error ? asApiError(accept.error) : undefined;
  return (
    <>
      {refusal ? (
        <ErrorPanel
          title={t.team.acceptFailed}
          text={refusal.message}
          requestId={refusal.requestId}
        />
      ) : null}
      <Button
        look="primary"
        busy={accept.isPending}
        onClick={() =>
          accept.mutate(undefined, {
            onSuccess: (workspace) => {
              switchTo(workspace.id);
              // A page load: the app begins in the new workspace, as after a login.
              location.assign("/");
            },
          })
        }
      >
        {t.team.accept}
      </Button>
    </>
  );
}
