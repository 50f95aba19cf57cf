import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "../api/client";
import { asApiError } from "../api/error";
import { keys } from "../api/keys";
import type { Workflow } from "../api/types";
import { patchWorkflow } from "../api/workflows";
import { t } from "../text/en";
import { toast } from "../ui/Toast";
import { useEditor } from "./context";
import { isDirty, placed } from "./store";

export interface Saving {
  /** True when what is on the canvas is on the server now. */
  save: () => Promise<boolean>;
  /** Somebody else saved in between. */
  stale: boolean;
  dismiss: () => void;
  overwrite: () => Promise<boolean>;
  takeTheirs: () => Promise<void>;
}

export function useSave(id: string): Saving {
  const { store } = useEditor();
  const client = useQueryClient();
  const [stale, setStale] = useState(false);

  const adopt = (workflow: Workflow) => {
    store.setState({ etag: workflow.etag, version: workflow.draft_version });
    patchWorkflow(client, id, () => summary(workflow));
    client.setQueryData(keys.workflow(id), workflow);
  };
  const send = async (etag: number): Promise<boolean> => {
    const sent = store.getState().definition;
    store.setState({ saving: true });
    try {
      const workflow = await data(
        api.PATCH("/api/v1/workflows/{id}", {
          params: { path: { id }, header: { "If-Match": `"${etag}"` } },
          body: { definition: { ...sent } },
        }),
      );
      adopt(workflow);
      store.setState({ saved: sent, savedAtMs: Date.now() });
      return true;
    } catch (thrown) {
      const error = asApiError(thrown);
      if (error.status === 412) setStale(true);
      else
        toast({
          tone: "danger",
          title: t.editor.saveFailed,
          text: error.issues.length > 0 ? t.editor.saveIssues(error.issues.length) : error.message,
        });
      return false;
    } finally {
      store.setState({ saving: false });
    }
  };
  const theirs = () => data(api.GET("/api/v1/workflows/{id}", { params: { path: { id } } }));

  return {
    save: async () => {
      const state = store.getState();
      if (state.saving) return false;
      return isDirty(state) ? send(state.etag) : true;
    },
    stale,
    dismiss: () => setStale(false),
    overwrite: async () => {
      setStale(false);
      return send((await theirs()).etag);
    },
    takeTheirs: async () => {
      const workflow = await theirs();
      adopt(workflow);
      const definition = placed(workflow.definition);
      store.setState({
        definition,
        saved: definition,
        done: [],
        undone: [],
        nodes: [],
        open: null,
      });
      setStale(false);
    },
  };
}

function summary({ definition: _d, triggers: _t, issues: _i, live_seq: _l, ...rest }: Workflow) {
  return rest;
}
