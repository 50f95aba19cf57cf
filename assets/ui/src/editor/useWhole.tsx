/* What can be done with the workflow as a whole: run it, make it live, switch it off. */
import { useQueryClient } from "@tanstack/react-query";
import { Copy, FileText, Keyboard, ListPlus, Power, Settings2 } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { api, data } from "../api/client";
import { asApiError } from "../api/error";
import { keys } from "../api/keys";
import { useStartRun } from "../api/runs";
import { useCan } from "../api/session";
import type { Workflow } from "../api/types";
import { patchWorkflow } from "../api/workflows";
import { t } from "../text/en";
import { toast } from "../ui/Toast";
import type { BarDoing } from "./Bar";
import { toText } from "./clipboard";
import { useEditor } from "./context";

interface Whole extends BarDoing {
  runWith: (input: unknown) => void;
}

export function useWhole(
  workflow: Workflow,
  save: () => Promise<boolean>,
  open: (what: "keys" | "run" | "settings") => void,
): Whole {
  const { store, readOnly } = useEditor();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const can = useCan();
  const start = useStartRun();
  const [publishing, setPublishing] = useState(false);
  const { id } = workflow;

  const failed = (title: string) => (error: unknown) => {
    const { message, issues } = asApiError(error);
    toast({ tone: "danger", title, text: issues[0]?.issue ?? message });
  };
  /** What runs is what is on the canvas: it is saved first, and that version is started. */
  const run = async (input?: unknown) => {
    if (!(await save())) return;
    start.mutate(
      { id, input, version: store.getState().version },
      {
        onSuccess: (made) => store.setState({ runId: made.id }),
        onError: failed(t.editor.runFailed),
      },
    );
  };
  const setActive = async (active: boolean) => {
    if (active && !(await save())) return;
    setPublishing(true);
    const params = { path: { id } };
    try {
      const now = await data(
        active
          ? api.POST("/api/v1/workflows/{id}/activate", { params, body: {} })
          : api.POST("/api/v1/workflows/{id}/deactivate", { params, body: {} }),
      );
      store.setState({ etag: now.etag, version: now.draft_version });
      patchWorkflow(client, id, () => ({ ...now }));
      client.setQueryData(keys.workflow(id), now);
      toast({
        tone: "success",
        title: active ? t.editor.published(now.live_version ?? 0) : t.editor.offDone,
      });
    } catch (error) {
      failed(active ? t.editor.publishFailed : t.editor.offFailed)(error);
    } finally {
      setPublishing(false);
    }
  };
  const copyAll = () => {
    const { definition } = store.getState();
    navigator.clipboard
      .writeText(
        toText(
          definition,
          definition.nodes.map((n) => n.id),
        ),
      )
      .then(
        () => store.say(t.editor.copied(definition.nodes.length)),
        () => toast({ tone: "danger", title: t.editor.copyRefused }),
      );
  };
  return {
    save: () => void save(),
    run: () => void run(),
    runWith: (input) => void run(input),
    publish: () => void setActive(true),
    busy: { run: start.isPending, publish: publishing },
    canRun: can("run:write"),
    more: [
      [
        {
          id: "run-with",
          label: t.editor.runWith,
          icon: <ListPlus size={16} aria-hidden />,
          onSelect: () => open("run"),
        },
        ...(workflow.is_active && !readOnly
          ? [
              {
                id: "off",
                label: t.editor.off,
                icon: <Power size={16} aria-hidden />,
                onSelect: () => void setActive(false),
              },
            ]
          : []),
      ],
      [
        {
          id: "settings",
          label: t.editor.settings,
          icon: <Settings2 size={16} aria-hidden />,
          onSelect: () => open("settings"),
        },
        {
          id: "copy-all",
          label: t.editor.copyAll,
          icon: <Copy size={16} aria-hidden />,
          onSelect: copyAll,
        },
        {
          id: "page",
          label: t.editor.openPage,
          icon: <FileText size={16} aria-hidden />,
          onSelect: () => navigate(`/workflows/${id}`),
        },
        {
          id: "keys",
          label: t.editor.keys,
          hint: "?",
          icon: <Keyboard size={16} aria-hidden />,
          onSelect: () => open("keys"),
        },
      ],
    ],
  };
}
