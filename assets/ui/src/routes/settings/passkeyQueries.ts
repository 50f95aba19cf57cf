import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { keys } from "../../api/keys";
import { addPasskey } from "../../api/webauthn";

export function usePasskeys() {
  return useQuery({
    queryKey: keys.passkeys,
    queryFn: () => data(api.GET("/api/v1/passkeys", { params: { query: { limit: 50 } } })),
    select: (list) => list.items,
  });
}

function usePasskeyChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.passkeys }),
  });
}

export const useAddPasskey = () => usePasskeyChange(addPasskey);

export const useRenamePasskey = () =>
  usePasskeyChange(({ id, name }: { id: string; name: string }) =>
    data(api.PATCH("/api/v1/passkeys/{id}", { params: { path: { id } }, body: { name } })),
  );

export const useDeletePasskey = () =>
  usePasskeyChange((id: string) =>
    api.DELETE("/api/v1/passkeys/{id}", { params: { path: { id } } }),
  );
