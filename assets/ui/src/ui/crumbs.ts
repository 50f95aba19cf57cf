/* The path in the top bar. A page says where it is; the shell shows it. */
import { useEffect } from "react";

export interface Crumb {
  label: string;
  href?: string;
}

let current: readonly Crumb[] = [];
const listeners = new Set<() => void>();

export const crumbs = {
  read: () => current,
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
};

/** Parents first; the last one is the page itself. */
export function useCrumbs(path: readonly Crumb[]): void {
  const text = JSON.stringify(path);
  useEffect(() => {
    current = JSON.parse(text);
    for (const listener of listeners) listener();
  }, [text]);
}
