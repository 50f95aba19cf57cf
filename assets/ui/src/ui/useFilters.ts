import { useCallback } from "react";
import { useSearchParams } from "wouter";

/** Filters live in the address, so that a filtered list can be sent to somebody. */
export function useFilters() {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (change: Record<string, string | undefined>) =>
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          for (const [name, value] of Object.entries(change)) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  return { get: (name: string) => params.get(name) ?? "", set };
}
