/* Access was taken away while the page was open: it says so, and begins anew where the person may still be. */
import type { QueryClient } from "@tanstack/react-query";
import { api, data } from "../api/client";
import { asApiError } from "../api/error";
import { t } from "../text/en";
import { toast } from "../ui/Toast";

export async function accessEnded(client: QueryClient): Promise<void> {
  try {
    // Whoever is still in the workspace ends here: another credential of theirs was meant, or it is over.
    await data(api.GET("/api/v1/permissions"));
    await client.resetQueries();
  } catch (error) {
    if (asApiError(error).status === 401) return; // the client leads to the login
    toast({ tone: "danger", title: t.team.ended, text: t.team.endedText });
    await client.resetQueries();
  }
}
