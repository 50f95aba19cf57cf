import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { enterSession } from "../../api/session";

export interface Credentials {
  email: string;
  password: string;
  name: string;
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
