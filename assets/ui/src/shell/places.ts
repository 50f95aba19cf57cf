import { House, KeyRound, List, type LucideIcon, Settings, Workflow } from "lucide-react";
import { t } from "../text/en";

export interface Place {
  path: string;
  label: string;
  icon: LucideIcon;
  /** What opening it needs, if not everybody may. */
  permission?: string;
}

/** The screens that have an API. Nothing else is in the navigation. */
export const PLACES: readonly Place[] = [
  { path: "/", label: t.shell.home, icon: House },
  { path: "/workflows", label: t.shell.workflows, icon: Workflow },
  { path: "/runs", label: t.shell.runs, icon: List },
  {
    path: "/connections",
    label: t.shell.connections,
    icon: KeyRound,
    permission: "connection:read",
  },
];

/** How many of them stand in the bar of a phone; the others are in its menu. */
export const PHONE_PLACES = 3;

export function placesFor(can: (permission: string) => boolean): readonly Place[] {
  return PLACES.filter((p) => !p.permission || can(p.permission));
}

export const SETTINGS: Place = {
  path: "/settings/profile",
  label: t.shell.settings,
  icon: Settings,
};

export function isAt(place: Place, location: string): boolean {
  if (place.path === "/") return location === "/";
  const root = `/${place.path.split("/")[1]}`;
  return location === root || location.startsWith(`${root}/`);
}
