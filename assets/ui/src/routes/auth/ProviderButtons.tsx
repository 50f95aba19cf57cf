import { useQuery } from "@tanstack/react-query";
import { LogIn } from "lucide-react";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";

/** One button for each provider of the installation. Without any, or while it isn't known, there is none. */
export function ProviderButtons({ next }: { next: string }) {
  const providers = useQuery({
    queryKey: keys.providers,
    queryFn: () => data(api.GET("/api/v1/auth/providers")),
    select: (list) => list.items,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return providers.data?.map(({ id, label }) => (
    <Button
      key={id}
      icon={<LogIn size={16} aria-hidden />}
      onClick={() =>
        location.assign(`/api/v1/auth/oidc/${id}/start?next=${encodeURIComponent(next)}`)
      }
    >
      {t.identity.withProvider(label)}
    </Button>
  ));
}
