import { asApiError } from "../../api/error";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import { toast } from "../../ui/Toast";
import { useExport } from "./auditQueries";

/** Takes something along; busy until all of it is there. */
export function ExportButton({
  label,
  call,
}: {
  label: string;
  call: Parameters<ReturnType<typeof useExport>["mutate"]>[0];
}) {
  const save = useExport();
  const start = () =>
    save.mutate(call, {
      onError: (error) =>
        toast({ tone: "danger", title: t.data.exportFailed, text: asApiError(error).message }),
    });
  return (
    <Button busy={save.isPending} onClick={start}>
      {label}
    </Button>
  );
}
