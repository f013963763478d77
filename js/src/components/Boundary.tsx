import { Component, type ComponentChildren, type JSX } from "preact";
import { copyText } from "../clip";
import { describe } from "../failure";
import { iconOf } from "../icons";
import { said } from "../shown";
import type { View } from "../view";
import { Button } from "./bits";

interface BoundaryProps {
  view: View;
  /** What a person calls this part. */
  name: string;
  /** Classes of what stands in its place; a bar says it in a line. */
  class?: string;
  /** What it shows: where that is another one, it is drawn again by itself. */
  of?: unknown;
  /** Where it can be closed. */
  onClose?: () => void;
  children: ComponentChildren;
}

interface Failed {
  error: unknown;
  of: unknown;
}

/** Stands around a part of the widget: when that cannot be drawn, it says so in its place, and the rest goes on. */
export class Boundary extends Component<BoundaryProps, { failed: Failed | null }> {
  override state: { failed: Failed | null } = { failed: null };

  override componentDidCatch(error: unknown): void {
    console.error(`synth_widgets: ${this.props.name} cannot be shown`, error);
    this.setState({ failed: { error, of: this.props.of } });
  }

  override render(): ComponentChildren {
    const { failed } = this.state;
    if (!failed || failed.of !== this.props.of) return this.props.children;
    return <Failure {...this.props} error={failed.error} onRedraw={() => this.setState({ failed: null })} />;
  }
}

interface FailureProps extends BoundaryProps {
  error: unknown;
  onRedraw: () => void;
}

function Failure({
  view,
  name,
  class: more = "sw-pane",
  error,
  onClose,
  onRedraw,
}: FailureProps): JSX.Element {
  const what = describe(error, name);
  return (
    <section class={`sw-failure ${more}`} role="alert" aria-label={`${name} cannot be shown`}>
      <div class="sw-failure-text">
        <h3 class="sw-ico-t">
          {iconOf("failed", 16, "sw-c-failed")}
          {name} cannot be shown
        </h3>
        <p class="sw-mono sw-muted sw-wrap" title={what.message}>
          {said(what.message)}
        </p>
        <p class="sw-small sw-muted sw-failure-hint">
          The other parts work on, and your samples are untouched.
        </p>
      </div>
      <div class="sw-failure-acts">
        <Button icon="regenerate" class="sw-btn--sm" onPress={onRedraw}>
          Draw again
        </Button>
        <Button
          icon="copy"
          class="sw-btn--sm sw-btn--quiet"
          title="The error and where it was raised, for a report; nothing of your data"
          onPress={() => void copyText(view, what.details, "the details")}
        >
          Copy details
        </Button>
        {onClose && (
          <Button icon="x" class="sw-btn--sm sw-btn--quiet" onPress={onClose}>
            Close
          </Button>
        )}
      </div>
    </section>
  );
}
