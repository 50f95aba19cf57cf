/* Why something was refused, in a sentence more: what the role lacks, and who can change that. */
import { t } from "../text/en";
import { ApiError } from "./error";
import type { components } from "./schema";

type S = components["schemas"];
const MOST_NAMES = 3;

/** The refusal with the reason (GET /permissions) and the names of those who give roles (GET /members). */
export function withReason(error: ApiError, why: unknown, members: unknown): ApiError {
  const reason = (why as S["Permissions"] | null)?.asked?.reasons?.find((r) => !r.allowed)?.text;
  const names = ((members as S["MemberList"] | null)?.items ?? [])
    .filter((m) => m.kind === "person" && !m.is_me && (m.role === "owner" || m.role === "admin"))
    .slice(0, MOST_NAMES)
    .map((m) => m.name || m.email);
  const parts = [error.message, reason, names.length ? t.team.askThem(names.join(", ")) : ""];
  const text = parts.filter(Boolean).map((part) => part?.replace(/\.?$/, "."));
  return new ApiError(
    error.status,
    error.code,
    text.length > 1 ? text.join(" ") : error.message,
    error.issues,
    error.requestId,
    error.retryAfterSeconds,
  );
}
