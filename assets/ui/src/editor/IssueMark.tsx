import { TriangleAlert } from "lucide-react";
import { t } from "../text/en";
import styles from "./IssueMark.module.css";

/** On a node's lower edge: how many issues it has. The node's name says it too. */
export function IssueMark({ n }: { n: number }) {
  return (
    <span className={styles.mark} title={t.editor.issueCount(n)} aria-hidden>
      <TriangleAlert size={11} />
      {n}
    </span>
  );
}
