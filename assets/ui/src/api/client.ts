/*
 * The one way to the server: typed by the contract, with our headers on, and answers that are either data or
 * an ApiError. A POST carries one Idempotency-Key through all its tries, so a lost answer is asked for again
 * safely.
 */
import createClient, { type Middleware } from "openapi-fetch";
import { ApiError, readError } from "./error";
import { withReason } from "./reason";
import type { paths } from "./schema";

interface Credentials {
  csrf: string | null;
  workspace: string | null;
  /** Called when the server says that the session is over. */
  onExpired: () => void;
  /** Asks the person for the second factor; whether it was shown. */
  confirm: () => Promise<boolean>;
}

const credentials: Credentials = {
  csrf: null,
  workspace: null,
  onExpired: () => {},
  confirm: async () => false,
};

export function setCredentials(change: Partial<Credentials>): void {
  Object.assign(credentials, change);
}

const TRIES = 3;
const FIRST_WAIT_MS = 400;
const SAFE = new Set(["GET", "HEAD"]);

const headers: Middleware = {
  onRequest({ request }) {
    request.headers.set("Accept", "application/json");
    if (credentials.workspace) request.headers.set("X-Workspace", credentials.workspace);
    if (SAFE.has(request.method)) return request;
    if (credentials.csrf) request.headers.set("X-CSRF-Token", credentials.csrf);
    if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", newKey());
    }
    return request;
  },
  async onResponse({ request, response }) {
    if (response.ok || response.status === 304) return response;
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => null);
    const error = await explained(readError(response, body));
    if (response.status === 401 && !asksWhoIAm(request)) credentials.onExpired();
    throw error;
  },
};

/** A refusal for want of a permission also says who can give it. The calls made for that can't be refused so. */
async function explained(error: ApiError): Promise<ApiError> {
  const [, permission] = /^permission needed: ([a-z]+:[a-z]+)/.exec(error.message) ?? [];
  if (error.status !== 403 || !permission) return error;
  const ask = (path: string) =>
    fetch(path, {
      headers: credentials.workspace ? { "X-Workspace": credentials.workspace } : {},
    }).then((r) => (r.ok ? (r.json() as Promise<unknown>) : null));
  const [why, members] = await Promise.all([
    ask(`/api/v1/permissions?permission=${permission}`),
    ask("/api/v1/members?limit=200"),
  ]).catch(() => [null, null]);
  return withReason(error, why, members);
}

/** There a 401 is an answer and not the end of a session. */
function asksWhoIAm(request: Request): boolean {
  const { pathname } = new URL(request.url);
  return (
    pathname.startsWith("/api/v1/auth/") ||
    (request.method === "GET" && pathname === "/api/v1/users/me")
  );
}

/** What is dear is refused until the second factor was shown just now: it is asked for, and the request repeated. */
async function send(request: Request): Promise<Response> {
  const again = SAFE.has(request.method) ? null : request.clone();
  const response = await sendOnce(request);
  if (!again || response.status !== 403) return response;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  if (readError(response, body).code !== "SECOND_FACTOR_NEEDED") return response;
  return (await credentials.confirm()) ? sendOnce(again) : response;
}

/** Only a POST is tried again here; it has its key. Reads are repeated by the cache that asked for them. */
async function sendOnce(request: Request): Promise<Response> {
  const again = request.method === "POST" ? request.clone() : null;
  for (let n = 1; ; n++) {
    try {
      return await fetch(n === 1 || !again ? request : again.clone());
    } catch (error) {
      if (request.signal.aborted) throw error;
      if (!again || n === TRIES) {
        throw new ApiError(0, "NETWORK", error instanceof Error ? error.message : "no answer");
      }
      await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * n));
    }
  }
}

/* crypto.randomUUID exists in secure contexts only; a plain http address in a local network isn't one. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: send });
api.use(headers);

/** The data of an answer. What the client didn't throw for is there, or the server broke the contract. */
export async function data<T>(call: Promise<{ data?: T }>): Promise<T> {
  const answer = await call;
  if (answer.data === undefined) throw new ApiError(0, "UNREADABLE", "the answer was empty");
  return answer.data;
}
