import type { DefinitionNode } from "../../api/types";
import { FormItem } from "../../forms/FormItem";
import { t } from "../../text/en";
import { setField } from "../commands";
import { useEditor } from "../context";

const FLAGS = [
  { key: "execute_once", title: t.editor.once, hint: t.editor.onceHint },
  { key: "always_output", title: t.editor.always, hint: t.editor.alwaysHint },
] as const;

/** What any step but a trigger can be told, whatever its type. */
export function Flags({ node }: { node: DefinitionNode }) {
  const { store } = useEditor();
  return FLAGS.map(({ key, title, hint }) => (
    <FormItem
      key={key}
      field={{
        name: key,
        schema: {
          title,
          description: hint,
          type: "boolean",
          default: false,
          "x-widget": "switch",
          "x-literal": true,
        },
        required: false,
      }}
      value={node[key]}
      siblings={{}}
      onChange={(value) =>
        store.run(setField(store.getState().definition, node.id, [key], value || undefined))
      }
      onBlur={() => {}}
    />
  ));
}
