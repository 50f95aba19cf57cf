import { ago, exact, span } from "../text/format";
import { useNow } from "./clock";

/** "12 s ago", with the exact time on hover. */
export function Time({ at }: { at: string | null | undefined }) {
  const now = useNow();
  if (!at) return <span>—</span>;
  return (
    <time dateTime={at} title={exact(at)}>
      {ago(at, now)}
    </time>
  );
}

/** A span that is over. */
export function Duration({ ms }: { ms: number | null | undefined }) {
  return <span>{ms === null || ms === undefined ? "—" : span(ms)}</span>;
}

/** A span that still grows. */
export function Elapsed({ since }: { since: string }) {
  const now = useNow();
  return <span>{span(Math.max(0, now - Date.parse(since)))}</span>;
}
