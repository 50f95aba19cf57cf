/* What a call that did not succeed throws: always an ApiError, also when there was no answer at all. */
import type { components } from "./schema";

type Body = components["schemas"]["Error"];
export type ErrorCode = Body["error"]["code"] | "NETWORK" | "UNREADABLE";

export interface FieldIssue {
  field: string;
  issue: string;
}

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: ErrorCode,
    message: string,
    readonly issues: readonly FieldIssue[] = [],
    readonly requestId = "",
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }

  /** The sentence that stands beside this field, if the refusal is about it. */
  issueOf(field: string): string | undefined {
    return this.issues.find((i) => i.field === field)?.issue;
  }
}

/** Anything thrown, as an ApiError: what isn't one came from the network. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, "NETWORK", error instanceof Error ? error.message : String(error));
}

/** Reads the agreed error body; a proxy's page or nothing at all becomes a plain sentence. */
export function readError(response: Response, body: unknown): ApiError {
  const retry = Number(response.headers.get("Retry-After"));
  const requestId = response.headers.get("X-Request-Id") ?? "";
  if (!isBody(body)) {
    return new ApiError(
      response.status,
      "UNREADABLE",
      `the server answered ${response.status}`,
      [],
      requestId,
    );
  }
  const { code, message, issues } = body.error;
  return new ApiError(
    response.status,
    code,
    message,
    issues,
    body.request_id || requestId,
    retry || undefined,
  );
}

function isBody(body: unknown): body is Body {
  if (typeof body !== "object" || body === null || !("error" in body)) return false;
  const { error } = body;
  return typeof error === "object" && error !== null && "code" in error && "message" in error;
}
