import { ChevronDown, TriangleAlert } from "lucide-react";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import { Menu } from "../ui/Menu";
import { useEditor } from "./context";
import styles from "./IssueBar.module.css";
import type { Issue } from "./issues";

interface IssueBarProps {
  issues: readonly Issue[];
  onShow: (node: string) => void;
}

/** "2 issues" at the lower edge; a click lists them, a choice goes there. */
export function IssueBar({ issues, onShow }: IssueBarProps) {
  const { store } = useEditor();
  if (issues.length === 0) return null;
  const go = (node: string | null) => {
    if (!node) return;
    store.setState({ open: node, nodes: [node], edges: [] });
    onShow(node);
  };
  const items = issues.slice(0, 30).map((issue, i) => ({
    id: `${i}`,
    label: t.editor.issueOf(issue.name || t.editor.issueOfWorkflow, issue.text),
    onSelect: () => go(issue.node),
  }));
  return (
    <div className={styles.bar}>
      <Menu
        label={t.editor.issueList}
        align="start"
        groups={[items]}
        trigger={
          <Button look="ghost" size="sm" icon={<TriangleAlert size={14} aria-hidden />}>
            {t.editor.issues(issues.length)}
            <ChevronDown size={12} aria-hidden />
          </Button>
        }
      />
    </div>
  );
}
