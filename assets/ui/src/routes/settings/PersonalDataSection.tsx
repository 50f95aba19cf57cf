import { t } from "../../text/en";
import { Card } from "../../ui/Card";
import { exportMine } from "./auditQueries";
import { DeleteAccountCard } from "./DeleteAccountCard";
import { ExportButton } from "./ExportButton";
import styles from "./page.module.css";

/** What is known of a person: to take along, and to have forgotten. */
export function PersonalDataSection() {
  return (
    <>
      <p className={styles.lead}>{t.data.mineLead}</p>
      <Card title={t.data.takeAlong}>
        <div className={styles.form}>
          <p>{t.data.mineText}</p>
          <ExportButton label={t.data.mine} call={exportMine} />
        </div>
      </Card>
      <DeleteAccountCard />
    </>
  );
}
