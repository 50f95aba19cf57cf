import type { AdminUser } from "../../../api/types";
import { t } from "../../../text/en";
import type { PersonChange } from "./queries";

/** What an administrator can do to somebody, with its question. */
export interface Change {
  id: string;
  label: string;
  title: (who: string) => string;
  text: string;
  danger?: boolean;
  body: PersonChange;
}

const CHANGES = {
  deactivate: {
    id: "deactivate",
    label: t.people.deactivate,
    title: t.people.deactivateTitle,
    text: t.people.deactivateText,
    danger: true,
    body: { is_active: false },
  },
  activate: {
    id: "activate",
    label: t.people.activate,
    title: t.people.activateTitle,
    text: t.people.activateText,
    body: { is_active: true },
  },
  raise: {
    id: "raise",
    label: t.people.raise,
    title: t.people.raiseTitle,
    text: t.people.raiseText,
    body: { is_superuser: true },
  },
  lower: {
    id: "lower",
    label: t.people.lower,
    title: t.people.lowerTitle,
    text: t.people.lowerText,
    danger: true,
    body: { is_superuser: false },
  },
  dropSecond: {
    id: "dropSecond",
    label: t.people.dropSecond,
    title: t.people.dropSecondTitle,
    text: t.people.dropSecondText,
    danger: true,
    body: { second_factor: false },
  },
} satisfies Record<string, Change>;

/** Nobody deactivates oneself, nor gives up the administration: another administrator must. */
export function changesOf(person: AdminUser, me: string): readonly Change[] {
  const changes: Change[] = [];
  if (person.id !== me) {
    changes.push(person.is_active ? CHANGES.deactivate : CHANGES.activate);
    if (person.is_active) changes.push(person.is_superuser ? CHANGES.lower : CHANGES.raise);
  }
  if (person.second_factor) changes.push(CHANGES.dropSecond);
  return changes;
}
