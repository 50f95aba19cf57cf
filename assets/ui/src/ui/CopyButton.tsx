import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { t } from "../text/en";
import { Button } from "./Button";
import { toast } from "./Toast";

interface CopyButtonProps {
  text: string;
  /** What is copied, for the accessible name: "webhook URL". */
  what: string;
  words?: boolean;
  size?: "md" | "sm";
}

export function CopyButton({ text, what, words, size = "sm" }: CopyButtonProps) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 2000);
    } catch {
      toast({ tone: "danger", title: t.ui.copyRefused });
    }
  };
  return (
    <>
      <Button
        size={size}
        look={words ? "plain" : "ghost"}
        onClick={copy}
        label={t.ui.copyWhat(what)}
        icon={done ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
      >
        {words ? (done ? t.ui.copied : t.ui.copy) : undefined}
      </Button>
      <span className="vh" role="status">
        {done ? t.ui.copied : ""}
      </span>
    </>
  );
}
