import { useState } from "react";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { Textarea } from "../ui/Input";

interface RunDialogProps {
  first: string;
  onClose: () => void;
  onRun: (input: unknown, text: string) => void;
}

/** Run with input: the payload as JSON. */
export function RunDialog({ first, onClose, onRun }: RunDialogProps) {
  const [text, setText] = useState(first);
  const [bad, setBad] = useState(false);
  const start = () => {
    try {
      onRun(JSON.parse(text), text);
    } catch {
      setBad(true);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.editor.runWithTitle}
      text={t.editor.runWithText}
    >
      <Field label={t.editor.runInput} error={bad ? t.forms.badJson : undefined}>
        {(control) => (
          <Textarea
            {...control}
            mono
            rows={8}
            value={text}
            onChange={(e) => {
              setText(e.target.value);
              setBad(false);
            }}
          />
        )}
      </Field>
      <DialogActions>
        <Button onClick={onClose}>{t.ui.cancel}</Button>
        <Button look="primary" onClick={start}>
          {t.editor.run}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
