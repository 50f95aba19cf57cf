import { useState } from "react";
import { edgeId, inPortOf, portOf, topological } from "../canvas/graph";
import { nameOf } from "../canvas/kinds";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { Select } from "../ui/Input";
import styles from "./ConnectDialog.module.css";
import { connect, remove, withPorts } from "./commands";
import { useEditor, useEditorState } from "./context";
import { rulesOf, whyNot } from "./graph";

/** Connecting without a pointer: choose the port, choose the step; choosing again takes the edge away. */
export function ConnectDialog() {
  const id = useEditorState((s) => s.connecting);
  return id === null ? null : <Choice key={id} id={id} />;
}

function Choice({ id }: { id: string }) {
  const { store, types } = useEditor();
  const definition = useEditorState((s) => s.definition);
  const node = definition.nodes.find((n) => n.id === id);
  const outputs = node ? rulesOf(node, types).outputs : [];
  const [port, setPort] = useState(outputs[0] ?? "main");
  if (!node) return null;
  const rows = topological(definition)
    .filter((n) => n.id !== id)
    .flatMap((n) => rulesOf(n, types).inputs.map((input) => ({ n, input })));
  return (
    <Dialog
      open
      onOpenChange={(open) => open || store.setState({ connecting: null })}
      title={t.editor.connectTitle(nameOf(node))}
      text={t.editor.connectText}
    >
      {outputs.length > 1 ? (
        <Field label={t.editor.connectPort}>
          {(control) => (
            <Select
              {...control}
              value={port}
              options={outputs.map((value) => ({ value, label: value }))}
              onChange={(e) => setPort(e.target.value)}
            />
          )}
        </Field>
      ) : null}
      {rows.length === 0 ? <p>{t.editor.connectNone}</p> : null}
      <ul className={styles.list}>
        {rows.map(({ n, input }) => {
          const edge = withPorts(id, n.id, port, input);
          const old = definition.edges.find(
            (e) => e.from === id && e.to === n.id && portOf(e) === port && inPortOf(e) === input,
          );
          const reason = old ? undefined : whyNot(definition, edge, types);
          const name = input === "main" ? nameOf(n) : `${nameOf(n)} (${input})`;
          return (
            <li key={`${n.id} ${input}`}>
              <Button
                look={old ? "plain" : "ghost"}
                disabled={reason !== undefined}
                title={reason}
                aria-pressed={old !== undefined}
                onClick={() =>
                  store.run(old ? remove(definition, [], [edgeId(old)]) : connect(definition, edge))
                }
              >
                {name}
                {old ? <span className={styles.mark}>{t.editor.connected}</span> : null}
              </Button>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
