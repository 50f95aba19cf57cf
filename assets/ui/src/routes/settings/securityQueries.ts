import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";

export function useSecondFactor() {
  return useQuery({
    queryKey: keys.secondFactor,
    queryFn: () => data(api.GET("/api/v1/users/me/second-factor")),
  });
}

/** A change of how I log in: what is shown about me and my sessions is asked for again. */
function useSecurityChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => {
      for (const queryKey of [keys.secondFactor, keys.sessions, keys.me])
        void client.invalidateQueries({ queryKey });
    },
  });
}

export const usePasswordChange = () =>
  useSecurityChange((body: { password?: string; new_password: string }) =>
    api.POST("/api/v1/users/me/password", { body }),
  );

export const usePasswordLink = () =>
  useMutation({ mutationFn: () => api.POST("/api/v1/users/me/password/link") });

export const useEmailChange = () =>
  useSecurityChange((body: { email: string; password: string }) =>
    data(api.POST("/api/v1/users/me/email", { body })),
  );

export const useBeginTotp = () =>
  useSecurityChange((password: string) =>
    data(api.POST("/api/v1/users/me/totp", { body: { password } })),
  );

export const useConfirmTotp = () =>
  useSecurityChange((code: string) =>
    data(api.POST("/api/v1/users/me/totp/confirm", { body: { code } })),
  );

export const useDisableTotp = () =>
  useSecurityChange((body: { password: string; code: string }) =>
    api.POST("/api/v1/users/me/totp/disable", { body }),
  );

export const useRenewCodes = () =>
  useSecurityChange(() => data(api.POST("/api/v1/users/me/recovery-codes", { body: {} })));
