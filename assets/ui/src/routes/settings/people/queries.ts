import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../../api/client";
import { keys } from "../../../api/keys";

const PAGE = 50;

export function usePeople(q: string) {
  return useInfiniteQuery({
    queryKey: keys.adminUserList(q),
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/admin/users", {
          params: { query: { q: q || undefined, limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: (previous) => previous,
  });
}

/** A second factor can be taken off only. */
export interface PersonChange {
  is_active?: boolean;
  is_superuser?: boolean;
  second_factor?: false;
}

export function useChangePerson(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: PersonChange) =>
      data(api.PATCH("/api/v1/admin/users/{id}", { params: { path: { id } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.adminUsers }),
  });
}

export function useResetLink(id: string) {
  return useMutation({
    mutationFn: async () => {
      const { token } = await data(
        api.POST("/api/v1/admin/users/{id}/reset", { params: { path: { id } }, body: {} }),
      );
      return `${location.origin}/reset#${token}`;
    },
  });
}
