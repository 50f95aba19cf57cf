/* Who is signed in, where they work, and what they may do there. */
import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data, setCredentials } from "./client";
import { ApiError } from "./error";
import { keys } from "./keys";
import type { Me, Membership, SignIn } from "./types";

const WORKSPACE_KEY = "millrace.workspace";
/* The session's cookie can't be read from here. This says that there may be one, so that whoever never signed
   in goes to the login without a request that must fail. */
const SIGNED_IN_KEY = "millrace.signed-in";

/** What the server put into the page; an older or plain server leaves it empty and we ask. */
export function bootMe(): Me | undefined {
  const text = document.getElementById("boot")?.textContent ?? "";
  try {
    const value: unknown = JSON.parse(text || "{}");
    return typeof value === "object" && value !== null && "me" in value
      ? (value.me as Me)
      : undefined;
  } catch {
    return undefined;
  }
}

export function rememberedWorkspace(): string | null {
  return sessionStorage.getItem(WORKSPACE_KEY) ?? localStorage.getItem(WORKSPACE_KEY);
}

/** Each tab keeps its own workspace; a new tab begins in the one chosen last. */
function rememberWorkspace(id: string | null): void {
  for (const store of [sessionStorage, localStorage]) {
    if (id) store.setItem(WORKSPACE_KEY, id);
    else store.removeItem(WORKSPACE_KEY);
  }
}

async function fetchMe(): Promise<Me> {
  if (!localStorage.getItem(SIGNED_IN_KEY))
    throw new ApiError(401, "UNAUTHENTICATED", "nobody is signed in");
  setCredentials({ workspace: rememberedWorkspace() });
  try {
    return adopt(await data(api.GET("/api/v1/users/me")));
  } catch (error) {
    if (!rememberedWorkspace() || (error as { status?: number }).status !== 404) throw error;
    // The remembered workspace is gone or was left: begin in the one the server proposes.
    rememberWorkspace(null);
    setCredentials({ workspace: null });
    return adopt(await data(api.GET("/api/v1/users/me")));
  }
}

function adopt(me: Me): Me {
  setCredentials({ csrf: me.csrf_token, workspace: me.workspace_id });
  return me;
}

export function useMeQuery() {
  return useQuery({
    initialData: bootMe,
    queryKey: keys.me,
    queryFn: fetchMe,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

/** The signed-in person. Only for what is shown behind the login. */
export function useMe(): Me {
  const { data: me } = useMeQuery();
  if (!me) throw new Error("nobody is signed in");
  return me;
}

export function membershipOf(me: Me): Membership | undefined {
  return me.memberships.find((m) => m.workspace_id === me.workspace_id);
}

/** What somebody may do here; a superuser administers the installation besides. */
export function permissionsOf(me: Me): readonly string[] {
  const here = membershipOf(me)?.permissions ?? [];
  return me.is_superuser ? [...here, "installation:admin"] : here;
}

/** `workflow:*` and `*:*` stand for what they look like. */
export function permits(permissions: readonly string[], wanted: string): boolean {
  const [noun] = wanted.split(":");
  return permissions.some((p) => p === wanted || p === `${noun}:*` || p === "*:*");
}

export function useCan(): (permission: string) => boolean {
  const membership = membershipOf(useMe());
  return (permission) => permits(membership?.permissions ?? [], permission);
}

/** After signing in: what was cached belongs to somebody else. */
export function enterSession(client: QueryClient, signIn: SignIn): void {
  client.clear();
  localStorage.setItem(SIGNED_IN_KEY, "1");
  rememberWorkspace(signIn.workspace_id);
  const me: Me = {
    ...signIn.user,
    workspace_id: signIn.workspace_id,
    csrf_token: signIn.csrf_token,
  };
  client.setQueryData(keys.me, adopt(me));
}

/** The browser came back from a provider with a session's cookie: who that is. */
export async function adoptSession(client: QueryClient): Promise<void> {
  client.clear();
  rememberWorkspace(null);
  localStorage.setItem(SIGNED_IN_KEY, "1");
  client.setQueryData(keys.me, await fetchMe());
}

export function leaveSession(client: QueryClient): void {
  localStorage.removeItem(SIGNED_IN_KEY);
  client.clear();
  setCredentials({ csrf: null, workspace: null });
}

/** The page is left before its data is dropped: a list still on the screen would be fetched again, and refused. */
export function useLogout(leavePage: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.POST("/api/v1/auth/logout", { body: {} }),
    onSuccess: () => {
      leavePage();
      setTimeout(() => leaveSession(client));
    },
  });
}

export function useSwitchWorkspace() {
  const client = useQueryClient();
  return (id: string) => {
    rememberWorkspace(id);
    // Everything shown belongs to the other workspace: back to loading, and fetched again.
    client.removeQueries({ type: "inactive" });
    void client.resetQueries();
  };
}
