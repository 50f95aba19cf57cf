import { QueryClient } from "@tanstack/react-query";
import { asApiError } from "./error";

/** Reads are repeated when the network or the server failed, never when the server refused. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        retry: (n, error) => {
          const { status } = asApiError(error);
          return n < 2 && (status === 0 || status === 503);
        },
      },
    },
  });
}
