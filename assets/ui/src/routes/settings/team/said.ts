import { asApiError } from "../../../api/error";
import { toast } from "../../../ui/Toast";

/** What a change that has no form says when it is done, or refused. */
export function said(done: string, failed: string, settled?: () => void) {
  return {
    onSuccess: () => toast({ tone: "success", title: done }),
    onError: (error: Error) =>
      toast({ tone: "danger", title: failed, text: asApiError(error).message }),
    onSettled: settled,
  };
}
