import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";
import { enterSession } from "../../api/session";

export interface Credentials {
  email: string;
  password: string;
  name: string;
}

/** Whom this installation lets people sign in by; none while it isn't known. */
export function useProviders() {
  return useQuery({
    queryKey: keys.providers,
    queryFn: () => data(api.GET("/api/v1/auth/providers")),
    select: (list) => list.items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useSignIn(mode: "login" | "register") {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ email, password, name }: Credentials) => {
      if (mode === "login")
        return data(api.POST("/api/v1/auth/login", { body: { email, password } }));
      const answer = await api.POST("/api/v1/auth/register", { body: { email, password, name } });
      // 202 has no body: the installation sends mail and nobody is signed in yet.
      return answer.data ?? null;
    },
    onSuccess: (signIn) => {
      if (signIn) enterSession(client, signIn);
    },
  });
}
