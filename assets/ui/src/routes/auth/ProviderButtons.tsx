import { LogIn } from "lucide-react";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";

interface ProviderButtonsProps {
  mode: "login" | "register";
  next: string;
  providers: readonly { id: string; label: string }[];
}

/** One button for each provider of the installation. */
export function ProviderButtons({ mode, next, providers }: ProviderButtonsProps) {
  const text = mode === "login" ? t.identity.withProvider : t.identity.upWithProvider;
  return providers.map(({ id, label }) => (
    <Button
      key={id}
      icon={<LogIn size={16} aria-hidden />}
      onClick={() =>
        location.assign(`/api/v1/auth/oidc/${id}/start?next=${encodeURIComponent(next)}`)
      }
    >
      {text(label)}
    </Button>
  ));
}
