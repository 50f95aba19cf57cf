/* Whether the installation sends mail: what the pages before the login, and a first password, go by. */
import { useQuery } from "@tanstack/react-query";
import { api, data } from "./client";
import { keys } from "./keys";

export function useAuthOptions() {
  return useQuery({
    queryKey: keys.authOptions,
    queryFn: () => data(api.GET("/api/v1/auth/options")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
