import { Component, type ReactNode } from "react";
import { t } from "../text/en";
import { Button } from "./Button";
import { CopyButton } from "./CopyButton";
import { Empty } from "./Empty";

interface BoundaryProps {
  children: ReactNode;
  /** The crash is forgotten when this changes: another route is another part. */
  part: string;
}

interface BoundaryState {
  error: Error | null;
  part: string;
}

/** Keeps a crash in one part from taking the page down, and offers a way out of it. */
export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { error: null, part: this.props.part };

  static getDerivedStateFromError(error: Error): Partial<BoundaryState> {
    return { error };
  }

  static getDerivedStateFromProps(
    props: BoundaryProps,
    state: BoundaryState,
  ): BoundaryState | null {
    return props.part === state.part ? null : { error: null, part: props.part };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    const details = `${error.name}: ${error.message}\nat ${location.pathname}\n${error.stack ?? ""}`;
    return (
      <div role="alert">
        <Empty title={t.ui.crashTitle} text={t.ui.crashText}>
          <Button look="primary" onClick={() => this.setState({ error: null })}>
            {t.ui.crashReload}
          </Button>
          <CopyButton text={details} what={t.ui.crashCopy} words size="md" />
        </Empty>
      </div>
    );
  }
}
