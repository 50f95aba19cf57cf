/*
 * What can be done from anywhere, as data. Command palette, keyboard and the `?` sheet are drawn from this one
 * table; screens with actions of their own have a table beside them.
 */
import {
  House,
  Keyboard,
  KeyRound,
  List,
  LogOut,
  type LucideIcon,
  Moon,
  Plus,
  Search,
  Settings,
  Sun,
  SunMoon,
  Workflow,
} from "lucide-react";
import { t } from "../text/en";
import { setLook } from "../ui/theme";

export interface ActionContext {
  navigate: (path: string) => void;
  can: (permission: string) => boolean;
  openPalette: () => void;
  openKeys: () => void;
  logout: () => void;
}

export interface Action {
  id: string;
  label: string;
  group: "go" | "do" | "rows";
  /** Two keys with a blank between are pressed one after the other. */
  keys?: string;
  icon?: LucideIcon;
  enabled?: (context: ActionContext) => boolean;
  run: (context: ActionContext) => void;
}

function focusRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row-link]")];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next =
    at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  rows[next]?.focus();
}

export const ACTIONS: readonly Action[] = [
  {
    id: "go.home",
    label: t.shell.home,
    group: "go",
    keys: t.shell.goKeys.home,
    icon: House,
    run: (c) => c.navigate("/"),
  },
  {
    id: "go.workflows",
    label: t.shell.workflows,
    group: "go",
    keys: t.shell.goKeys.workflows,
    icon: Workflow,
    run: (c) => c.navigate("/workflows"),
  },
  {
    id: "go.runs",
    label: t.shell.runs,
    group: "go",
    keys: t.shell.goKeys.runs,
    icon: List,
    run: (c) => c.navigate("/runs"),
  },
  {
    id: "go.connections",
    label: t.shell.connections,
    group: "go",
    keys: t.shell.goKeys.connections,
    icon: KeyRound,
    enabled: (c) => c.can("connection:read"),
    run: (c) => c.navigate("/connections"),
  },
  {
    id: "go.settings",
    label: t.shell.settings,
    group: "go",
    keys: t.shell.goKeys.settings,
    icon: Settings,
    run: (c) => c.navigate("/settings/profile"),
  },
  {
    id: "workflow.new",
    label: t.shell.newWorkflow,
    group: "do",
    keys: "c",
    icon: Plus,
    enabled: (c) => c.can("workflow:write"),
    run: (c) => c.navigate("/workflows?new=1"),
  },
  {
    id: "palette",
    label: t.shell.palette,
    group: "do",
    keys: "Ctrl+K",
    icon: Search,
    run: (c) => c.openPalette(),
  },
  {
    id: "keys",
    label: t.shell.keySheet,
    group: "do",
    keys: "?",
    icon: Keyboard,
    run: (c) => c.openKeys(),
  },
  {
    id: "theme.light",
    label: `${t.shell.theme}: ${t.shell.themeLight}`,
    group: "do",
    icon: Sun,
    run: () => setLook({ theme: "light" }),
  },
  {
    id: "theme.dark",
    label: `${t.shell.theme}: ${t.shell.themeDark}`,
    group: "do",
    icon: Moon,
    run: () => setLook({ theme: "dark" }),
  },
  {
    id: "theme.system",
    label: `${t.shell.theme}: ${t.shell.themeSystem}`,
    group: "do",
    icon: SunMoon,
    run: () => setLook({ theme: "system" }),
  },
  { id: "logout", label: t.shell.logout, group: "do", icon: LogOut, run: (c) => c.logout() },
  {
    id: "filter",
    label: t.shell.rowFilter,
    group: "rows",
    keys: "/",
    run: () => document.querySelector<HTMLElement>("[data-filter]")?.focus(),
  },
  { id: "row.next", label: t.shell.rowNext, group: "rows", keys: "j", run: () => focusRow(1) },
  {
    id: "row.previous",
    label: t.shell.rowPrevious,
    group: "rows",
    keys: "k",
    run: () => focusRow(-1),
  },
];

export function isEnabled(action: Action, context: ActionContext): boolean {
  return action.enabled?.(context) ?? true;
}
