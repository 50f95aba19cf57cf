import { useMutation, useQuery } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";

export function useInvitation(token: string) {
  return useQuery({
    queryKey: keys.invitation(token),
    queryFn: () =>
      data(api.GET("/api/v1/invitations/{token}/preview", { params: { path: { token } } })),
    retry: false,
  });
}

export function useAccept(token: string) {
  return useMutation({
    mutationFn: () =>
      data(
        api.POST("/api/v1/invitations/{token}/accept", { params: { path: { token } }, body: {} }),
      ),
  });
}
