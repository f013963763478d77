import type { ComponentChildren, JSX } from "preact";
import { decide, goToNewest, refusal } from "../actions";
import { Icon } from "../icons";
import { isRow } from "../rows";
import type { View } from "../view";
import { count } from "../words";
import { Button, IconButton, Keys } from "./bits";

/** The line under the grid: what to press, what to do with the selection, or what came in out of sight. */
export function GridFoot({ view, edge }: { view: View; edge: number }): JSX.Element {
  const selected = view.selection.value.size;
  if (selected > 0) return <Bulk view={view} selected={selected} />;
  const arrived = arrivals(view, edge);
  if (arrived) return <Arrivals view={view} {...arrived} />;
  const failed = view.listing.value.rows;
  if (view.facet.value === "failed" && failed > 0) return <FailedFoot view={view} failed={failed} />;
  return (
    <Foot view={view} class="sw-hints">
      <Hint chord=" ">select</Hint>
      <Hint chord="a">keep</Hint>
      <Hint chord="x">reject</Hint>
      <Hint chord="u">undo</Hint>
      <Hint chord="?">all keys</Hint>
    </Foot>
  );
}

function Foot(props: { view: View; class?: string; children: ComponentChildren }): JSX.Element {
  return <div class={`sw-foot ${props.class ?? ""}`}>{props.children}</div>;
}

function Hint({ chord, children }: { chord: string; children: string }): JSX.Element {
  return (
    <span class="sw-hint sw-hide-m">
      <Keys chord={chord} />
      {children}
    </span>
  );
}

function Bulk({ view, selected }: { view: View; selected: number }): JSX.Element {
  const no = refusal(view);
  return (
    <div class="sw-foot" role="toolbar" aria-label="Selected samples">
      <span class="sw-strong sw-selected">{`${count(selected)} selected`}</span>
      <Button icon="check" class="sw-btn--sm" chord="a" off={no} onPress={() => void decide(view, "keep")}>
        {`Keep ${count(selected)}`}
      </Button>
      <Button icon="x" class="sw-btn--sm" chord="x" off={no} onPress={() => void decide(view, "reject")}>
        {`Reject ${count(selected)}`}
      </Button>
      <Button icon="undo" class="sw-btn--sm sw-hide-n" off={no} onPress={() => void decide(view, "restore")}>
        Restore
      </Button>
      <span class="sw-grow" />
      <IconButton icon="x" label="Clear the selection (Esc)" onPress={() => view.select([])} />
    </div>
  );
}

function FailedFoot({ view, failed }: { view: View; failed: number }): JSX.Element {
  const no = refusal(view);
  const ids = () => view.listing.value.items.filter(isRow).map((row) => row.id);
  const all = failed === 1 ? "" : "all ";
  return (
    <Foot view={view}>
      <span class="sw-small sw-muted sw-hide-m">Failed samples are never exported.</span>
      <span class="sw-grow" />
      <Button icon="x" class="sw-btn--sm" off={no} onPress={() => void decide(view, "reject", ids())}>
        {`Reject ${all}${count(failed)}`}
      </Button>
      <Button icon="regenerate" class="sw-btn--sm" off={no} onPress={() => void decide(view, "retry", ids())}>
        {`Retry ${all}${count(failed)}`}
      </Button>
    </Foot>
  );
}

interface Arrived {
  number: number;
  where: "below" | "above";
}

/** New rows that are listed but not in sight yet; `edge` is the index of the last line in sight. */
function arrivals(view: View, edge: number): Arrived | null {
  view.fresh.at.value;
  if (view.fresh.size === 0) return null;
  let above = 0;
  let below = 0;
  view.listing.value.items.forEach((item, index) => {
    if (!isRow(item) || !view.fresh.unseen(item.id)) return;
    if (index >= edge) below += 1;
    else above += 1;
  });
  if (below > 0) return { number: below, where: "below" };
  return above > 0 ? { number: above, where: "above" } : null;
}

function Arrivals({ view, number, where }: Arrived & { view: View }): JSX.Element {
  return (
    <Foot view={view}>
      <button type="button" class="sw-btn sw-btn--sm" onClick={() => goToNewest(view)}>
        <Icon name={where === "below" ? "down" : "up"} size={14} class="sw-c-accent" />
        <span>
          <b class="sw-strong">{`${count(number)} new`}</b> {where}
        </span>
        <Keys chord="n" />
      </button>
      <span class="sw-grow" />
      <span class="sw-small sw-muted sw-hide-m">New rows never move the one you are on.</span>
    </Foot>
  );
}
