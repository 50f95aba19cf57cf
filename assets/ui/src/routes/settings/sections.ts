/*
 * The sections of the settings, as data: navigation, address and content are drawn from this one list. A section is one
 * entry of SECTIONS and a component in this folder; its content is loaded when it is opened.
 */
import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { permits } from "../../api/session";
import { t } from "../../text/en";

export const GROUPS = [
  { id: "personal", label: t.settings.groupPersonal },
  { id: "workspace", label: t.settings.groupWorkspace },
  { id: "installation", label: t.settings.groupInstallation },
] as const;

export interface Section {
  /** The last part of its address: /settings/<id>. */
  id: string;
  group: (typeof GROUPS)[number]["id"];
  label: string;
  /** What opening it needs; without one it is everybody's. Whoever lacks it doesn't see it in the navigation. */
  permission?: string;
  Content: LazyExoticComponent<ComponentType>;
}

const load = (from: () => Promise<ComponentType>) => lazy(async () => ({ default: await from() }));

// biome-ignore format: one line a section, so that two people who add one don't meet in the same line
export const SECTIONS: readonly [Section, ...Section[]] = [
  { id: "profile", group: "personal", label: t.settings.profile, Content: load(async () => (await import("./ProfileSection")).ProfileSection) },
  { id: "security", group: "personal", label: t.account.security, Content: load(async () => (await import("./SecuritySection")).SecuritySection) },
  { id: "sessions", group: "personal", label: t.settings.sessions, Content: load(async () => (await import("./SessionsSection")).SessionsSection) },
  { id: "passkeys", group: "personal", label: t.identity.passkeys, Content: load(async () => (await import("./PasskeyCard")).PasskeyCard) },
  { id: "linked-accounts", group: "personal", label: t.identity.linked, Content: load(async () => (await import("./IdentityCard")).IdentityCard) },
  { id: "tokens", group: "personal", label: t.settings.tokens, Content: load(async () => (await import("./TokensSection")).TokensSection) },
  { id: "my-data", group: "personal", label: t.data.mineTitle, Content: load(async () => (await import("./PersonalDataSection")).PersonalDataSection) },
  { id: "workspace", group: "workspace", label: t.settings.general, Content: load(async () => (await import("./WorkspaceSection")).WorkspaceSection) },
  { id: "usage", group: "workspace", label: t.usage.title, permission: "workspace:read", Content: load(async () => (await import("./UsageSection")).UsageSection) },
  { id: "members", group: "workspace", label: t.team.members, permission: "member:read", Content: load(async () => (await import("./team/MembersSection")).MembersSection) },
  { id: "domains", group: "workspace", label: t.domains.title, permission: "member:read", Content: load(async () => (await import("./domains/DomainsSection")).DomainsSection) },
  { id: "roles", group: "workspace", label: t.team.roles, Content: load(async () => (await import("./team/RolesSection")).RolesSection) },
  { id: "service-accounts", group: "workspace", label: t.team.accounts, permission: "member:read", Content: load(async () => (await import("./team/AccountsSection")).AccountsSection) },
  { id: "keys", group: "workspace", label: t.keys.title, permission: "key:read", Content: load(async () => (await import("./KeysSection")).KeysSection) },
  { id: "audit", group: "workspace", label: t.audit.title, permission: "audit:read", Content: load(async () => (await import("./AuditSection")).AuditSection) },
  { id: "data", group: "workspace", label: t.data.title, Content: load(async () => (await import("./DataSection")).DataSection) },
  { id: "outgoing", group: "workspace", label: t.outgoing.title, permission: "workspace:read", Content: load(async () => (await import("./OutgoingSection")).OutgoingSection) },
  { id: "people", group: "installation", label: t.people.title, permission: "installation:admin", Content: load(async () => (await import("./people/PeopleSection")).PeopleSection) },
  { id: "plans", group: "installation", label: t.usage.plans, permission: "installation:admin", Content: load(async () => (await import("./PlansSection")).PlansSection) },
];

/** The groups with the sections that somebody with these permissions may open, in the order of the list. */
export function sectionsFor(permissions: readonly string[]) {
  return GROUPS.map((group) => ({
    ...group,
    sections: SECTIONS.filter(
      (s) => s.group === group.id && (!s.permission || permits(permissions, s.permission)),
    ),
  })).filter((group) => group.sections.length > 0);
}
