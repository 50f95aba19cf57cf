import { House, List, type LucideIcon, Settings, Workflow } from "lucide-react";
import { t } from "../text/en";

export interface Place {
  path: string;
  label: string;
  icon: LucideIcon;
}

/** The screens that have an API. Nothing else is in the navigation. */
export const PLACES: readonly Place[] = [
  { path: "/", label: t.shell.home, icon: House },
  { path: "/workflows", label: t.shell.workflows, icon: Workflow },
  { path: "/runs", label: t.shell.runs, icon: List },
];

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
