import { useEffect, useState } from "react";

const inAddress = () => /^#(mrv_[0-9A-Za-z]+)$/.exec(location.hash)?.[1] ?? "";

/** The secret of a mailed link, from behind its #, which no server and no log sees. Empty when there is none. */
export function useLinkSecret(): string {
  const [secret, setSecret] = useState(inAddress);
  useEffect(() => {
    // It stays neither in the address bar nor in the history. Another link opened in this tab may change what is behind the # only.
    const take = () => {
      const found = inAddress();
      if (!found) return;
      setSecret(found);
      history.replaceState(history.state, "", location.pathname + location.search);
    };
    take();
    addEventListener("hashchange", take);
    return () => removeEventListener("hashchange", take);
  }, []);
  return secret;
}
