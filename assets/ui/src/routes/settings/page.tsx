import { Link } from "wouter";
import { t } from "../../text/en";
import { useCrumbs } from "../../ui/crumbs";
import { cx } from "../../ui/cx";
import { Page } from "../../ui/Page";
import { ProfileSection } from "./ProfileSection";
import styles from "./page.module.css";
import { SessionsSection } from "./SessionsSection";
import { TokensSection } from "./TokensSection";
import { WorkspaceSection } from "./WorkspaceSection";

const SECTIONS = [
  { id: "profile", label: t.settings.profile, Content: ProfileSection },
  { id: "tokens", label: t.settings.tokens, Content: TokensSection },
  { id: "sessions", label: t.settings.sessions, Content: SessionsSection },
  { id: "workspace", label: t.settings.workspace, Content: WorkspaceSection },
] as const;

export function SettingsPage({ section }: { section: string }) {
  const open = SECTIONS.find((s) => s.id === section) ?? SECTIONS[0];
  useCrumbs([{ label: t.settings.title, href: "/settings/profile" }, { label: open.label }]);
  return (
    <Page title={open.label}>
      <nav aria-label={t.settings.sections} className={styles.nav}>
        {SECTIONS.map((s) => (
          <Link
            key={s.id}
            href={`/settings/${s.id}`}
            className={cx(styles.link, s === open && styles.here)}
            aria-current={s === open ? "page" : undefined}
          >
            {s.label}
          </Link>
        ))}
      </nav>
      <open.Content />
    </Page>
  );
}
