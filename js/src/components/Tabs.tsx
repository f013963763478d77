import type { JSX } from "preact";
import { iconOf } from "../icons";
import { type Facet, total } from "../rows";
import { STATUSES } from "../store";
import type { View } from "../view";
import { count } from "../words";
import { Press } from "./bits";

export const LABELS: Record<Facet, string> = {
  all: "All",
  draft: "Draft",
  kept: "Kept",
  rejected: "Rejected",
  failed: "Failed",
  pending: "Pending",
};

/** The first facet. Counts follow the other filters: what a press on the tab would show. */
export function Tabs({ view }: { view: View }): JSX.Element {
  const node = view.node();
  const totals = node && view.totals.value.get(node.id);
  const counts = view.listing.value.counts ?? totals;
  const here = counts ? total(counts) : 0;
  const number = (facet: Facet) => (facet === "all" ? here : (counts?.[facet] ?? 0));
  return (
    <div class={`sw-tabs ${here >= 10_000 ? "sw-tabs--tight" : ""}`}>
      <div class="sw-tabs-in" role="group" aria-label="Status">
        {(["all", ...STATUSES] as const).map((facet) => (
          <Press class="sw-tab" aria-pressed={view.facet.value === facet} onPress={() => view.show(facet)}>
            {facet !== "all" && iconOf(facet, 14, TINTS[facet] ?? "")}
            {LABELS[facet]}
            <b>{count(number(facet))}</b>
          </Press>
        ))}
      </div>
    </div>
  );
}

const TINTS: Partial<Record<Facet, string>> = { kept: "sw-c-kept", failed: "sw-c-failed" };
