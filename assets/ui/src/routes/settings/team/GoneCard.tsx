import type { Workspace } from "../../../api/types";
import { t } from "../../../text/en";
import { exact } from "../../../text/format";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { Table } from "../../../ui/Table";
import { useGoneWorkspaces, useRestore } from "./queries";
import { said } from "./said";

/** Deleted workspaces that an owner can still have back. Without one there is nothing to show. */
export function GoneCard() {
  const gone = useGoneWorkspaces();
  const restore = useRestore();
  if (!gone.data?.length) return null;
  return (
    <Card title={t.team.gone}>
      <Table<Workspace>
        caption={t.team.gone}
        rows={gone.data}
        rowKey={(w) => w.id}
        columns={[
          { id: "name", head: t.settings.name, wide: true, phone: "first", cell: (w) => w.name },
          {
            id: "until",
            head: t.team.goneUntil,
            cell: (w) => (w.erase_at ? exact(w.erase_at) : ""),
          },
          {
            id: "actions",
            head: t.team.colActions,
            quiet: true,
            align: "end",
            phone: "end",
            cell: (w) => (
              <Button
                size="sm"
                label={t.team.restoreOf(w.name)}
                busy={restore.isPending}
                onClick={() =>
                  restore.mutate(w.id, said(t.team.restored(w.name), t.team.restoreFailed))
                }
              >
                {t.team.restore}
              </Button>
            ),
          },
        ]}
      />
    </Card>
  );
}
