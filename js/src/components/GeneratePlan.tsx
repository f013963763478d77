import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { generateOutputs, run } from "../actions";
import { iconOf } from "../icons";
import type { Shape } from "../plan";
import { named } from "../shown";
import { shapeBelow, thinOnes } from "../topics";
import type { View } from "../view";
import { count, some } from "../words";
import { Button, GAP, Link } from "./bits";
import { Choice, Figures, Guidance, SendButton, Steppers } from "./Plan";
import { Sheet, SheetFoot } from "./Popover";
import { Spend } from "./Spend";
import { usePlan } from "./usePlan";

/** Generate below the chosen topic: what is missing up to these numbers, or more when they are raised. */
export function GeneratePlan({ view }: { view: View }): JSX.Element {
  const node = view.node();
  const { samples } = view.replica;
  const [start] = useState(() => shapeBelow(view.nodes.value, view.at.value, (id) => samples.counts(id)));
  const leaf = node?.children === 0;
  const [below, setBelow] = useState(!leaf || node?.parent === null);
  const [where, setWhere] = useState(view.where);
  const empty = view.nodes.value.length <= 1;
  const first: Shape = empty ? { topics: 4, subtopics: 4, samples: 8 } : start;
  const plan = usePlan(view, node?.path ?? [], first, where);
  const name = node && node.parent !== null ? node.name : null;
  const nodes = view.nodes.value.slice(view.at.value, node?.end);
  const leaves = nodes.filter((each) => each.children === 0).length;
  const thin = thinOnes(nodes, view.totals.value).length;
  const root = view.nodes.value[0];
  const pending = root && view.idle ? view.totals.value.get(root.id)?.pending : 0;
  const waiting = pending ?? 0;
  const addBelow = () => {
    setBelow(true);
    plan.setShape({ ...plan.shape, topics: 4, subtopics: 0 });
  };
  return (
    <Sheet
      view={view}
      label="Generate"
      title={name === null ? "Generate" : `Generate under ${named(name)}`}
      class="sw-plan"
      onEnter={plan.send}
      about={
        <p class="sw-muted sw-small">
          {leaf && name !== null ? "Samples for this topic." : `${some(leaves, "leaf topic")} now.`} What is
          there already counts.
        </p>
      }
    >
      {waiting > 0 && (
        <div class="sw-note sw-plan-row">
          {iconOf("pending")}
          <span>{some(waiting, "input waits", "inputs wait")} for an output.</span>
          <Spend
            view={view}
            calls={waiting}
            icon="play"
            word={`Generate ${some(waiting, "output")}`}
            onSend={() => generateOutputs(view)}
          />
        </div>
      )}
      <div data-sw-first class="sw-plan-shape">
        {!leaf && (
          <Choice
            view={view}
            label="Where"
            value={where}
            ways={[
              ["", "Leaves below"],
              ["only", "Only here"],
              ...(thin ? [["thin", `${count(thin)} thin`] as const] : []),
            ]}
            onWay={setWhere}
          />
        )}
        {where !== "thin" && (
          <Steppers plan={plan} parts={below && !where ? ["topics", "subtopics", "samples"] : ["samples"]} />
        )}
        {!below && (
          <Link class="sw-small" onPress={addBelow}>
            Add topics below it instead
          </Link>
        )}
      </div>
      <label class="sw-tick">
        <input
          type="checkbox"
          checked={!plan.outputs}
          onChange={(event) => plan.setOutputs(!event.currentTarget.checked)}
        />
        <span>
          Inputs only <span class="sw-muted">to review them before their outputs are paid for</span>
        </span>
      </label>
      <Guidance view={view} plan={plan} label="Guidance for this run (optional)" rows={2} />
      <div class="sw-card">
        <Figures plan={plan} />
      </div>
      <SheetFoot
        view={view}
        before={
          <>
            <Button class="sw-btn--quiet sw-only-narrow" onPress={() => run(view, "jobs")}>
              Jobs
            </Button>
            {GAP}
          </>
        }
      >
        <SendButton plan={plan} class="" chord="Enter" />
      </SheetFoot>
    </Sheet>
  );
}
