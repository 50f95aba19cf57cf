import { t } from "../../text/en";
import styles from "./OtherWays.module.css";
import { PasskeyButton } from "./PasskeyButton";
import { ProviderButtons } from "./ProviderButtons";
import { useProviders } from "./queries";

interface OtherWaysProps {
  mode: "login" | "register";
  next: string;
}

/** What signs in besides the password. A provider also makes the account; a passkey belongs to one that is there. */
export function OtherWays({ mode, next }: OtherWaysProps) {
  const providers = useProviders();
  if (mode === "register" && !providers.data?.length) return null;
  return (
    <div className={styles.ways}>
      <p className={styles.or}>{t.identity.or}</p>
      {mode === "login" ? <PasskeyButton next={next} /> : null}
      <ProviderButtons mode={mode} next={next} providers={providers.data ?? []} />
    </div>
  );
}
