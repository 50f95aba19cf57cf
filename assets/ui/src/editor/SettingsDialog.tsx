import { useMemo } from "react";
import { FormItem } from "../forms/FormItem";
import type { FieldSchema } from "../forms/schema";
import { FormHelpContext } from "../forms/widget";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { setSetting } from "./commands";
import { useEditor, useEditorState } from "./context";

const FIELDS: Record<string, FieldSchema> = {
  error_workflow: {
    title: t.editor.errorWorkflow,
    description: t.editor.errorWorkflowHint,
    type: "string",
    "x-widget": "workflow",
    "x-literal": true,
  },
  timeout_ms: {
    title: t.editor.runTimeout,
    description: t.editor.runTimeoutHint,
    type: "integer",
    minimum: 1,
    "x-widget": "duration",
    "x-literal": true,
  },
};

/** What holds for every run of the workflow. Part of its definition: undone, and saved, like any change of it. */
export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const { store, readOnly } = useEditor();
  const settings = useEditorState((s) => s.definition.settings) ?? {};
  const help = useMemo(() => ({ roots: {}, readOnly }), [readOnly]);
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.editor.settings}
      text={t.editor.settingsText}
    >
      <FormHelpContext value={help}>
        {Object.entries(FIELDS).map(([name, schema]) => (
          <FormItem
            key={name}
            field={{ name, schema, required: false }}
            value={settings[name]}
            siblings={settings}
            onChange={(value) => store.run(setSetting(store.getState().definition, [name], value))}
            onBlur={() => {}}
          />
        ))}
      </FormHelpContext>
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          {t.ui.close}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
