import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api, data } from "../api/client";
import type { Definition } from "../api/types";
import { useEditor, useEditorState } from "./context";
import { fromSchemas, fromServer, type Issue, joined } from "./issues";

const REST_MS = 500;

/** Asks the server what it thinks of the document once that has rested, and the schemas at once. */
export function useIssues(): Issue[] {
  const { types } = useEditor();
  const definition = useEditorState((s) => s.definition);
  const settled = useSettled(definition);
  const answer = useQuery({
    queryKey: ["workflow-validate", settled],
    queryFn: async () => ({
      of: settled,
      ...(await data(
        api.POST("/api/v1/workflows/validate", { body: { definition: { ...settled } } }),
      )),
    }),
    enabled: settled.nodes.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 10_000,
    retry: false,
    placeholderData: (previous) => previous,
  });
  return useMemo(() => {
    const known = new Set(definition.nodes.map((n) => n.id));
    const own = fromSchemas(definition, types);
    if (definition.nodes.length === 0) return [];
    if (!answer.data) return own;
    const isFresh = answer.data.of === definition;
    const server = fromServer(answer.data.issues, answer.data.of).filter(
      (i) => i.node === null || known.has(i.node),
    );
    return isFresh ? joined(server, []) : joined(server, own);
  }, [definition, types, answer.data]);
}

function useSettled(value: Definition): Definition {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
