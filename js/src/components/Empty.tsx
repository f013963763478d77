import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { grow } from "../actions";
import { aimed, growArgs } from "../plan";
import type { View } from "../view";
import { Button, keysOf } from "./bits";
import { Figures, Guidance, SendButton, Steppers } from "./Plan";
import { usePlan } from "./usePlan";

/** The first thing a new person sees: what to press. */
export function Empty({ view }: { view: View }): JSX.Element {
  const plan = usePlan(view, [], { topics: 4, subtopics: 4, samples: 8 });
  useEffect(() => {
    view.sendFirst = plan.send;
    return () => {
      view.sendFirst = null;
    };
  });
  const few = growArgs({ topics: 4, subtopics: 0, samples: 2 }, [], aimed(plan.guidance, plan.aim));
  const note = view.replica.studio.value?.model_note;
  return (
    <section class="sw-pane sw-pane--grid" aria-label="Samples">
      <div class="sw-empty sw-scroll">
        <div>
          <div>
            <h2>Generate your first samples</h2>
            <p class="sw-muted">
              Topics first, then inputs for each topic, then an output for each input. Review while it runs.
            </p>
          </div>
          <Steppers plan={plan} parts={["topics", "subtopics", "samples"]} sum />
          <Guidance view={view} plan={plan} label="Guidance for this run (optional)" rows={3} />
          <Figures plan={plan} />
          <div class="sw-plan-row">
            <SendButton plan={plan} class="sw-btn--lg" chord={view.keys.chord("generate")} />
            <Button class="sw-btn--lg" off={plan.off} onPress={() => void grow(view, few)}>
              Try 8 first
            </Button>
          </div>
          {note && <p class="sw-small sw-muted">{note}</p>}
          <dl class="sw-next">
            <dt>
              {keysOf(view.keys.chord("next"))} {keysOf(view.keys.chord("previous"))}
            </dt>
            <dd>go through the samples as they arrive</dd>
            <dt>
              {keysOf(view.keys.chord("keep"))} {keysOf(view.keys.chord("reject"))}
            </dt>
            <dd>keep or reject; the next undecided one comes up</dd>
            <dt>{keysOf(view.keys.chord("undo"))}</dt>
            <dd>undo anything, at any time</dd>
            <dt>
              <code class="sw-mono">to_pandas()</code>
            </dt>
            <dd>the kept samples in your next cell</dd>
          </dl>
        </div>
      </div>
    </section>
  );
}
