/** Only a path of ours: a link must not send somebody who logs in to another site. */
export function safePath(next: string | null): string {
  if (!next?.startsWith("/") || next.startsWith("//") || next.includes("\\")) return "/";
  return next.startsWith("/login") || next.startsWith("/register") ? "/" : next;
}
