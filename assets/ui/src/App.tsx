import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { setCredentials } from "./api/client";
import { asApiError } from "./api/error";
import { leaveSession, membershipOf, useMeQuery } from "./api/session";
import { LiveProvider } from "./live/useLive";
import { WorkspaceRoom } from "./live/WorkspaceRoom";
import { NotFound } from "./shell/NotFound";
import { Shell } from "./shell/Shell";
import { StepUp } from "./shell/StepUp";
import { t } from "./text/en";
import { Boundary } from "./ui/Boundary";
import { ErrorPanel } from "./ui/ErrorPanel";
import { Page } from "./ui/Page";
import { Skeleton } from "./ui/Skeleton";

const AuthPage = lazy(() => import("./routes/auth/page").then((m) => ({ default: m.AuthPage })));
const InvitePage = lazy(() =>
  import("./routes/invite/page").then((m) => ({ default: m.InvitePage })),
);
const ForgotPage = lazy(() =>
  import("./routes/auth/ForgotPage").then((m) => ({ default: m.ForgotPage })),
);
const ResetPage = lazy(() =>
  import("./routes/auth/ResetPage").then((m) => ({ default: m.ResetPage })),
);
const LinkPage = lazy(() =>
  import("./routes/auth/LinkPage").then((m) => ({ default: m.LinkPage })),
);
const HomePage = lazy(() => import("./routes/home/page").then((m) => ({ default: m.HomePage })));
const WorkflowsPage = lazy(() =>
  import("./routes/workflows/page").then((m) => ({ default: m.WorkflowsPage })),
);
const WorkflowPage = lazy(() =>
  import("./routes/workflows/one").then((m) => ({ default: m.WorkflowPage })),
);
const VersionsPage = lazy(() =>
  import("./routes/versions/page").then((m) => ({ default: m.VersionsPage })),
);
const EditorPage = lazy(() =>
  import("./routes/editor/page").then((m) => ({ default: m.EditorPage })),
);
const RunsPage = lazy(() => import("./routes/runs/page").then((m) => ({ default: m.RunsPage })));
const DeadLettersPage = lazy(() =>
  import("./routes/deadLetters/page").then((m) => ({ default: m.DeadLettersPage })),
);
const RunPage = lazy(() => import("./routes/run/page").then((m) => ({ default: m.RunPage })));
const ConnectionsPage = lazy(() =>
  import("./routes/connections/page").then((m) => ({ default: m.ConnectionsPage })),
);
const ConnectionPage = lazy(() =>
  import("./routes/connections/one").then((m) => ({ default: m.ConnectionPage })),
);
const SettingsPage = lazy(() =>
  import("./routes/settings/page").then((m) => ({ default: m.SettingsPage })),
);

export function App() {
  return (
    <Switch>
      <Route path="/login">
        <Part name="login">
          <AuthPage mode="login" />
        </Part>
      </Route>
      <Route path="/register">
        <Part name="register">
          <AuthPage mode="register" />
        </Part>
      </Route>
      <Route path="/invite/:token">
        {({ token }) => (
          <Part name="invite">
            <InvitePage token={token} />
          </Part>
        )}
      </Route>
      <Route path="/forgot">
        <Part name="forgot">
          <ForgotPage />
        </Part>
      </Route>
      <Route path="/reset">
        <Part name="reset">
          <ResetPage />
        </Part>
      </Route>
      <Route path="/verify">
        <Part name="verify">
          <LinkPage kind="verify" />
        </Part>
      </Route>
      <Route path="/confirm-email">
        <Part name="confirm-email">
          <LinkPage kind="email" />
        </Part>
      </Route>
      <Route>
        <SignedIn>
          <Screens />
        </SignedIn>
      </Route>
    </Switch>
  );
}

function Screens() {
  const [location] = useLocation();
  return (
    <Part name={location}>
      <Switch>
        <Route path="/" component={HomePage} />
        <Route path="/workflows" component={WorkflowsPage} />
        <Route path="/workflows/:id">{({ id }) => <WorkflowPage key={id} id={id} />}</Route>
        <Route path="/workflows/:id/versions">
          {({ id }) => <VersionsPage key={id} id={id} />}
        </Route>
        <Route path="/workflows/:id/edit">{({ id }) => <EditorPage key={id} id={id} />}</Route>
        <Route path="/dead-letters" component={DeadLettersPage} />
        <Route path="/runs" component={RunsPage} />
        <Route path="/runs/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
        <Route path="/connections" component={ConnectionsPage} />
        <Route path="/connections/:id">{({ id }) => <ConnectionPage key={id} id={id} />}</Route>
        <Route path="/settings">
          <Redirect to="/settings/profile" replace />
        </Route>
        <Route path="/settings/:section">
          {({ section }) => <SettingsPage section={section} />}
        </Route>
        <Route component={NotFound} />
      </Switch>
    </Part>
  );
}

/** Loads when opened, and keeps its crash to itself. */
function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Boundary part={name}>
      <Suspense fallback={<Skeleton rows={6} />}>{children}</Suspense>
    </Boundary>
  );
}

/** Whoever isn't signed in goes to the login, and from there back to where they wanted to be. */
function SignedIn({ children }: { children: ReactNode }) {
  const me = useMeQuery();
  const client = useQueryClient();
  const [location, navigate] = useLocation();
  const here = location + globalThis.location.search;
  useEffect(() => {
    setCredentials({
      onExpired: () => {
        leaveSession(client);
        navigate(`/login?expired=1&next=${encodeURIComponent(here)}`, { replace: true });
      },
    });
  }, [client, navigate, here]);

  if (me.data) {
    return (
      <LiveProvider key={`${me.data.id} ${me.data.workspace_id}`}>
        {membershipOf(me.data)?.second_factor_missing ? null : <WorkspaceRoom />}
        <Shell>{children}</Shell>
        <StepUp />
      </LiveProvider>
    );
  }
  if (!me.error) return <Skeleton rows={8} />;
  const error = asApiError(me.error);
  if (error.status === 401)
    return <Redirect to={`/login?next=${encodeURIComponent(here)}`} replace />;
  return (
    <Page title={t.ui.networkTitle}>
      <ErrorPanel
        title={t.ui.networkTitle}
        text={error.status ? error.message : t.ui.networkText}
        requestId={error.requestId}
        onRetry={() => me.refetch()}
      />
    </Page>
  );
}
