import type { JSX } from "preact";
import { Icon } from "../icons";
import type { Facet } from "../rows";
import { STATUSES } from "../store";
import type { View } from "../view";
import { count } from "../words";
import { IconButton } from "./bits";
import { allHere } from "./Grid";

const LABELS: Record<Facet, string> = {
  all: "All",
  draft: "Draft",
  kept: "Kept",
  rejected: "Rejected",
  failed: "Failed",
  pending: "Pending",
};

/** The first facet. Counts follow the topic filter: what a press on the tab would show. */
export function Tabs({ view }: { view: View }): JSX.Element {
  const node = view.node();
  const totals = node && view.totals.value.get(node.id);
  const here = allHere(view);
  const number = (facet: Facet) => (facet === "all" ? here : (totals?.[facet] ?? 0));
  return (
    <div class={`sw-tabs ${here >= 10_000 || view.cut ? "sw-tabs--tight" : ""}`}>
      <div class="sw-tabs-in" role="group" aria-label="Status">
        {(["all", ...STATUSES] as const).map((facet) => (
          <button
            type="button"
            class="sw-tab"
            aria-pressed={view.facet.value === facet}
            onClick={() => view.show(facet)}
          >
            {facet !== "all" && <Icon name={facet} size={14} class={TINTS[facet] ?? ""} />}
            {LABELS[facet]}
            <b>{count(number(facet))}</b>
          </button>
        ))}
      </div>
      <NofM view={view} class="sw-hide-n" />
    </div>
  );
}

const TINTS: Partial<Record<Facet, string>> = { kept: "sw-c-kept", failed: "sw-c-failed" };

/** "187 of 607" wherever a filter cuts, with the way back to all. */
export function NofM({ view, class: more }: { view: View; class: string }): JSX.Element | null {
  if (!view.cut) return null;
  const all = view.line.replica.samples.all.size;
  view.line.replica.samplesAt.value;
  return (
    <span class={`sw-nofm ${more}`} role="status">
      <b class="sw-strong">{count(view.listing.value.rows)}</b>
      <span class="sw-muted">of {count(all)}</span>
      <IconButton
        icon="x"
        label="Show all samples"
        class="sw-icon-btn--sm"
        onPress={() => {
          view.facet.value = "all";
          view.topic.value = null;
        }}
      />
    </span>
  );
}
