import type { JSX } from "preact";
import { refusal, run } from "../actions";
import { passing } from "../fields";
import { named } from "../shown";
import type { View } from "../view";
import { some } from "../words";
import { Button } from "./bits";
import { Skeleton } from "./Row";

/** What stands where there are no rows: rows to come, or why there are none and what to press. */
export function NoRows({ view }: { view: View }): JSX.Element {
  const running = !view.idle;
  const facet = view.facet.value;
  const node = view.node();
  const name = node && node.parent !== null ? node.name : null;
  const picked = passing(view.picked.value) !== null;
  if (running && !view.looking.text.value && facet === "all" && !picked) {
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
  const looked = view.looking.text.value.trim();
  const what = facet === "all" ? "samples" : `${facet} samples`;
  const where = name === null ? "" : ` in “${named(name)}”`;
  const elsewhere = looked && (facet !== "all" || name !== null || picked) ? everywhere(view) : 0;
  const also = picked ? " pass the filters" : "";
  return (
    <div role="row">
      <div class="sw-norows sw-muted" role="gridcell">
        <p class="sw-wrap">
          {`No ${what}${where}${looked ? `${also && `${also} and`} hold “${named(looked)}”` : also}.`}
          {elsewhere > 0 && ` ${some(elsewhere, "sample does", "samples do")} elsewhere.`}
        </p>
        <div class="sw-plan-row">
          {looked && <Button onPress={() => view.looking.for("")}>Clear the search</Button>}
          {elsewhere > 0 && (
            <Button onPress={() => widen(view)}>{`Show ${some(elsewhere, "sample")}`}</Button>
          )}
          {!looked && (facet !== "all" || picked) && (
            <Button onPress={() => view.uncut()}>Remove all filters</Button>
          )}
          {!looked && facet === "all" && !picked && (
            <Button
              icon="play"
              chord={view.keys.chord("generate")}
              off={refusal(view)}
              onPress={() => run(view, "generate")}
            >
              Generate…
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}

/** How many samples hold the words, whatever their topic and status. */
function everywhere(view: View): number {
  return view.listed(view.looking.wanted(), null, 0, "all").rows;
}

function widen(view: View): void {
  view.pickTopic(null);
  view.picked.value = {};
  view.show("all");
}
