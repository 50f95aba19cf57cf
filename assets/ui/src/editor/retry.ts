/* The waits between tries, as the executor reckons them without its random part. Pure. */
import type { DefinitionNode } from "../api/types";

/** What holds for a step of a type that is retried, unless its definition says otherwise. */
export const RETRY = {
  max_attempts: 3,
  initial_interval_ms: 1000,
  backoff: 2,
  max_interval_ms: 60_000,
};

export function waits(retry: NonNullable<DefinitionNode["retry"]>, standard: number): number[] {
  const n = typeof retry.max_attempts === "number" ? retry.max_attempts : standard;
  const first = retry.initial_interval_ms ?? RETRY.initial_interval_ms;
  const growth = retry.backoff ?? RETRY.backoff;
  const longest = retry.max_interval_ms ?? RETRY.max_interval_ms;
  return Array.from({ length: Math.min(n, 50) }, (_, i) => Math.min(longest, first * growth ** i));
}
