import {
  lazy,
  type ReactNode,
  Suspense,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
} from "react";
import { useLocation } from "wouter";
import { asApiError } from "../api/error";
import { useCan, useLogout } from "../api/session";
import { t } from "../text/en";
import { cx } from "../ui/cx";
import { whenFree } from "../ui/leaving";
import { toast } from "../ui/Toast";
import { ACTIONS, type ActionContext, isEnabled } from "./actions";
import { KeySheet } from "./KeySheet";
import { isField, Keymap } from "./keymap";
import { LinkStrip } from "./LinkStrip";
import { Nav } from "./Nav";
import { SecondFactorStrip } from "./SecondFactorStrip";
import styles from "./Shell.module.css";
import { TabBar } from "./TabBar";
import { TopBar } from "./TopBar";
import { UsageStrip } from "./UsageStrip";

const Palette = lazy(() => import("./Palette").then((m) => ({ default: m.Palette })));

/** The frame around every screen behind the login: navigation, top bar, palette, shortcuts. */
export function Shell({ children }: { children: ReactNode }) {
  const [location, navigate] = useLocation();
  const [open, setOpen] = useState<"palette" | "keys" | null>(null);
  const main = useRef<HTMLElement>(null);
  const can = useCan();
  const logout = useLogout(() => navigate("/login"));
  const context: ActionContext = {
    navigate,
    can,
    openPalette: () => setOpen("palette"),
    openKeys: () => setOpen("keys"),
    logout: () =>
      whenFree(() =>
        logout.mutate(undefined, {
          onError: (error) =>
            toast({ tone: "danger", title: t.shell.logoutFailed, text: asApiError(error).message }),
        }),
      ),
  };
  useShortcuts(context);
  const isEditor = /^\/workflows\/[^/]+\/edit$/.test(location);

  // A new screen starts at its top, also for the keyboard and for screen readers.
  useEffect(() => {
    if (location) main.current?.scrollTo(0, 0);
  }, [location]);

  return (
    <div className={cx(styles.app, isEditor && styles.rail)}>
      <a className={styles.skip} href="#content">
        {t.shell.skip}
      </a>
      <Nav rail={isEditor} context={context} />
      <div className={styles.column}>
        <TopBar context={context} />
        <LinkStrip />
        <UsageStrip />
        <SecondFactorStrip />
        <main
          id="content"
          ref={main}
          tabIndex={-1}
          className={cx(styles.main, isEditor && styles.still)}
        >
          {children}
        </main>
      </div>
      <TabBar context={context} />
      <Suspense>
        {open === "palette" ? <Palette context={context} onClose={() => setOpen(null)} /> : null}
      </Suspense>
      <KeySheet open={open === "keys"} onOpenChange={(o) => setOpen(o ? "keys" : null)} />
    </div>
  );
}

function useShortcuts(context: ActionContext): void {
  const keymap = useMemo(() => new Keymap(ACTIONS), []);
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey || document.querySelector("[role=dialog]")) return;
    const action = keymap.press({
      key: event.key,
      ctrl: event.ctrlKey || event.metaKey,
      inField: isField(event.target),
      atMs: event.timeStamp,
    });
    if (!action || !isEnabled(action, context)) return;
    event.preventDefault();
    action.run(context);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
}
