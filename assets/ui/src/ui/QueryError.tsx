import { t } from "../text/en";
import { ErrorPanel } from "./ErrorPanel";

interface QueryErrorProps {
  title: string;
  /** What was thrown: an ApiError, or anything with a message. */
  error: Error & { status?: number; requestId?: string };
  onRetry: () => void;
}

export function QueryError({ title, error, onRetry }: QueryErrorProps) {
  const text = error.status === 0 ? t.ui.networkText : error.message;
  return <ErrorPanel title={title} text={text} requestId={error.requestId} onRetry={onRetry} />;
}
