import { t } from "../../text/en";
import styles from "./OtherWays.module.css";
import { PasskeyButton } from "./PasskeyButton";
import { ProviderButtons } from "./ProviderButtons";

/** What signs in besides the password. */
export function OtherWays({ next }: { next: string }) {
  return (
    <div className={styles.ways}>
      <p className={styles.or}>{t.identity.or}</p>
      <PasskeyButton next={next} />
      <ProviderButtons next={next} />
    </div>
  );
}
