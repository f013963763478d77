import type { JSX } from "preact";
import { said, shown } from "../shown";
import type { View } from "../view";
import { some } from "../words";
import { Button } from "./bits";
import { FiguresOf } from "./Plan";
import { Sheet, SheetFoot } from "./Popover";

/** Asks whether that much is to be sent, over whatever is open: what was typed there stays. */
export function Confirm({ view }: { view: View }): JSX.Element | null {
  const question = view.question.value;
  if (!question) return null;
  const { why, estimate, answer } = question;
  const calls = some(estimate.calls[0] ?? 0, "model call");
  const leave = () => answer(false);
  return (
    <Sheet
      view={view}
      label="Confirm"
      title={`Send ${calls}?`}
      class="sw-dialog sw-confirm"
      modal
      onEnter={() => answer(true)}
      onLeave={leave}
      about={<p class="sw-muted sw-wrap">{said(why)}</p>}
    >
      <div class="sw-card sw-asked">
        <p class="sw-wrap">
          <span class="sw-muted">To </span>
          {estimate.models.map((model, index) => (
            <>
              {index > 0 && " and "}
              <bdi class="sw-strong">{shown(model)}</bdi>
            </>
          ))}
        </p>
        <FiguresOf figures={estimate.figures} />
      </div>
      <SheetFoot view={view} onLeave={leave}>
        <Button icon="play" class="sw-btn--primary" chord="Enter" onPress={() => answer(true)}>
          {`Send ${calls}`}
        </Button>
      </SheetFoot>
    </Sheet>
  );
}
