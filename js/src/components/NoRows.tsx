import type { JSX } from "preact";
import { refusal, run } from "../actions";
import type { View } from "../view";
import { Button } from "./bits";
import { Skeleton } from "./Row";

/** What stands where there are no rows: rows to come, or why there are none and what to press. */
export function NoRows({ view }: { view: View }): JSX.Element {
  const running = view.running.value.length > 0;
  const facet = view.facet.value;
  const node = view.node();
  const name = node && node.parent !== null ? node.name : null;
  if (running && facet === "all") {
    return (
      <div class="sw-lines" role="presentation">
        {[0, 1, 2, 3, 4, 5].map((index) => (
          <div
            class="sw-row sw-row--ghost"
            role="presentation"
            style={{ transform: `translateY(${index * 70}px)` }}
          >
            <span />
            <div>
              <Skeleton />
            </div>
            <div>
              <Skeleton />
            </div>
          </div>
        ))}
      </div>
    );
  }
  const what = facet === "all" ? "samples" : `${facet} samples`;
  const where = name === null ? "" : ` in “${name}”`;
  return (
    <div class="sw-norows sw-muted">
      <p>
        No {what}
        {where}.
      </p>
      {facet === "all" ? (
        <Button icon="play" chord="g" off={refusal(view)} onPress={() => run(view, "generate")}>
          Generate…
        </Button>
      ) : (
        <Button onPress={() => view.show("all")}>Show every status</Button>
      )}
    </div>
  );
}
