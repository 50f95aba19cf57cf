import { t } from "../text/en";
import { Button } from "./Button";
import styles from "./LoadMore.module.css";

interface LoadMoreProps {
  shown: string;
  hasMore: boolean;
  busy: boolean;
  onMore: () => void;
}

/** The end of a list: how many rows there are, and the next page. */
export function LoadMore({ shown, hasMore, busy, onMore }: LoadMoreProps) {
  return (
    <div className={styles.foot}>
      <span role="status">{shown}</span>
      {hasMore ? (
        <Button size="sm" busy={busy} onClick={onMore}>
          {t.ui.loadMore}
        </Button>
      ) : null}
    </div>
  );
}
