import { Link, useLocation } from "wouter";
import { t } from "../../text/en";
import { cx } from "../../ui/cx";
import { Select } from "../../ui/Input";
import styles from "./SectionNav.module.css";
import type { Section, sectionsFor } from "./sections";

interface SectionNavProps {
  groups: ReturnType<typeof sectionsFor>;
  open: Section;
}

/** A list beside the content, and on a phone the browser's own list above it: it stays one line however many there are. */
export function SectionNav({ groups, open }: SectionNavProps) {
  const [, navigate] = useLocation();
  const isListed = groups.some((g) => g.sections.includes(open));
  const options = groups.flatMap((g) =>
    g.sections.map((s) => ({ value: s.id, label: s.label, group: g.label })),
  );
  return (
    <>
      <nav aria-label={t.settings.sections} className={styles.nav}>
        {groups.map((g) => (
          <section key={g.id} className={styles.group} aria-labelledby={`settings-${g.id}`}>
            <h2 id={`settings-${g.id}`} className={styles.head}>
              {g.label}
            </h2>
            {g.sections.map((s) => (
              <Link
                key={s.id}
                href={`/settings/${s.id}`}
                className={cx(styles.link, s === open && styles.here)}
                aria-current={s === open ? "page" : undefined}
              >
                {s.label}
              </Link>
            ))}
          </section>
        ))}
      </nav>
      <div className={styles.phone}>
        <Select
          aria-label={t.settings.sections}
          value={open.id}
          options={isListed ? options : [{ value: open.id, label: open.label }, ...options]}
          onChange={(e) => navigate(`/settings/${e.target.value}`)}
        />
      </div>
    </>
  );
}
