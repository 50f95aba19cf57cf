import { t } from "../../text/en";
import { EmailCard } from "./EmailCard";
import { PasswordCard } from "./PasswordCard";
import styles from "./page.module.css";
import { SecondFactorCard } from "./SecondFactorCard";

export function SecuritySection() {
  return (
    <>
      <p className={styles.lead}>{t.account.securityText}</p>
      <SecondFactorCard />
      <PasswordCard />
      <EmailCard />
    </>
  );
}
