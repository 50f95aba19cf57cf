import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { DialogActions } from "../../ui/Dialog";
import styles from "./page.module.css";

/** Shown once, where they were made. */
export function RecoveryCodes({
  codes,
  onClose,
}: {
  codes: readonly string[];
  onClose: () => void;
}) {
  return (
    <>
      <ul className={styles.codes}>
        {codes.map((code) => (
          <li key={code} className={styles.code}>
            {code}
          </li>
        ))}
      </ul>
      <CopyButton text={codes.join("\n")} what={t.account.codesWord} words size="md" />
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          {t.account.codesKept}
        </Button>
      </DialogActions>
    </>
  );
}
