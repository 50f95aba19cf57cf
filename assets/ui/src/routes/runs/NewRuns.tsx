import { ArrowUp } from "lucide-react";
import { t } from "../../text/en";
import { Button } from "../../ui/Button";
import styles from "./NewRuns.module.css";

export function NewRuns({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <div role="status" className={styles.box}>
      {count > 0 ? (
        <Button size="sm" icon={<ArrowUp size={14} aria-hidden />} onClick={onShow}>
          {t.runs.newRuns(count)}
        </Button>
      ) : null}
    </div>
  );
}
