import { useWorkflow } from "../../api/workflows";
import { Editor } from "../../editor/Editor";
import { useRoom } from "../../live/useLive";
import { t } from "../../text/en";
import { useCrumbs } from "../../ui/crumbs";
import { Page } from "../../ui/Page";
import { QueryError } from "../../ui/QueryError";
import { Skeleton } from "../../ui/Skeleton";

/** Mounts the editor on one workflow. The id is in the route, and the editor's store lives and dies with it. */
export function EditorPage({ id }: { id: string }) {
  const workflow = useWorkflow(id);
  const name = workflow.data?.name ?? t.workflows.title;
  useRoom(
    `workflow:${id}`,
    workflow.data ? { after: workflow.data.live_seq ?? undefined } : undefined,
  );
  useCrumbs([
    { label: t.workflows.title, href: "/workflows" },
    { label: name, href: `/workflows/${id}` },
    { label: t.workflows.editor },
  ]);
  if (workflow.data) {
    return (
      <>
        <title>{`${name} · Millrace`}</title>
        <h1 className="vh">{name}</h1>
        <Editor key={id} workflow={workflow.data} />
      </>
    );
  }
  return (
    <Page title={name}>
      {workflow.error ? (
        <QueryError
          title={t.workflows.oneFailed}
          error={workflow.error}
          onRetry={() => workflow.refetch()}
        />
      ) : (
        <Skeleton rows={8} />
      )}
    </Page>
  );
}
