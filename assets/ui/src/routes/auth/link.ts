import { useState } from "react";

/** The secret of a mailed link, from behind its #, which no server and no log sees. Empty when there is none. */
export function useLinkSecret(): string {
  const [secret] = useState(() => {
    const found = /^#(mrv_[0-9A-Za-z]+)$/.exec(location.hash)?.[1] ?? "";
    // It stays neither in the address bar nor in the history.
    if (found) history.replaceState(history.state, "", location.pathname);
    return found;
  });
  return secret;
}
