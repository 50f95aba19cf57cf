import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";
import { enterSession } from "../../api/session";
import type { SecondFactorWanted, SignIn } from "../../api/types";

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

/** The password was right, and the second factor is asked for. */
export function isHalf(answer: SignIn | SecondFactorWanted): answer is SecondFactorWanted {
  return "mfa_required" in answer;
}

/** `next`: the page to go on to, which the link of a mail remembers. */
export function useSignIn(mode: "login" | "register", next: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ email, password, name }: Credentials) => {
      if (mode === "login")
        return data(api.POST("/api/v1/auth/login", { body: { email, password } }));
      const answer = await api.POST("/api/v1/auth/register", {
        body: { email, password, name, next },
      });
      // 202 has no body: the installation sends mail and nobody is signed in yet.
      return answer.data ?? null;
    },
    onSuccess: (answer) => {
      if (answer && !isHalf(answer)) enterSession(client, answer);
    },
  });
}

export function useSecondStep(ticket: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (code: string) =>
      // A ticket of the login page is one of a cookie session.
      (await data(api.POST("/api/v1/auth/second-factor", { body: { ticket, code } }))) as SignIn,
    onSuccess: (signIn) => enterSession(client, signIn),
  });
}

export function useAskReset() {
  return useMutation({
    mutationFn: (email: string) => api.POST("/api/v1/auth/reset", { body: { email } }),
  });
}

export function useResend() {
  return useMutation({
    mutationFn: (email: string) => api.POST("/api/v1/auth/resend", { body: { email } }),
  });
}

export function useReset(token: string) {
  return useMutation({
    mutationFn: (password: string) =>
      api.POST("/api/v1/auth/reset/confirm", { body: { token, password } }),
  });
}

export function useVerify(token: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => data(api.POST("/api/v1/auth/verify", { body: { token } })),
    onSuccess: (signIn) => enterSession(client, signIn),
  });
}

export function useConfirmEmail(token: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.POST("/api/v1/auth/email/confirm", { body: { token } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.me }),
  });
}
