import { t } from "../text/en";
import { ButtonLink } from "../ui/Button";
import { Empty } from "../ui/Empty";
import { Page } from "../ui/Page";

export function NotFound() {
  return (
    <Page title={t.shell.notFoundTitle}>
      <Empty title={t.shell.notFoundTitle} text={t.shell.notFoundText}>
        <ButtonLink look="primary" href="/">
          {t.shell.goHome}
        </ButtonLink>
      </Empty>
    </Page>
  );
}
