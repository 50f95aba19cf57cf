import { Lock } from "lucide-react";
import { Suspense } from "react";
import { membershipOf, permissionsOf, permits, useMe } from "../../api/session";
import { t } from "../../text/en";
import { Card } from "../../ui/Card";
import { useCrumbs } from "../../ui/crumbs";
import { Empty } from "../../ui/Empty";
import { Page } from "../../ui/Page";
import { Skeleton } from "../../ui/Skeleton";
import styles from "./page.module.css";
import { SectionNav } from "./SectionNav";
import { SECTIONS, sectionsFor } from "./sections";

export function SettingsPage({ section }: { section: string }) {
  const me = useMe();
  const membership = membershipOf(me);
  const mine = permissionsOf(me);
  const open = SECTIONS.find((s) => s.id === section) ?? SECTIONS[0];
  const lacks = open.permission && !permits(mine, open.permission) ? open.permission : null;
  useCrumbs([{ label: t.settings.title, href: "/settings/profile" }, { label: open.label }]);
  return (
    <Page title={open.label}>
      <div className={styles.frame}>
        <SectionNav groups={sectionsFor(mine)} open={open} />
        <div className={styles.content}>
          {lacks ? (
            <Card>
              <Empty
                icon={<Lock size={28} aria-hidden />}
                title={t.settings.lacks}
                text={t.settings.lacksText(membership?.role ?? "", lacks)}
              />
            </Card>
          ) : (
            <Suspense fallback={<Skeleton rows={4} />}>
              <open.Content />
            </Suspense>
          )}
        </div>
      </div>
    </Page>
  );
}
