import type { JSX, TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import { run } from "../actions";
import { columnsOf, putColumn, widen } from "../columns";
import { focus, prevent, whenDrawn } from "../events";
import type { Listing } from "../rows";
import type { View } from "../view";
import { Check } from "./bits";

const STEP = 16;
/** Pixels on both sides of the line behind a head by which it can be dragged. */
const GRIP = 6;

/** The words above the columns. A drag moves one, a drag of the line behind it sets its width; so do the arrows. */
export function Heads({ view, listing }: { view: View; listing: Listing }): JSX.Element {
  const selected = view.selection.value.size - view.unlisted.value;
  const all = selected > 0 && selected === listing.rows;
  const columns = columnsOf(view);
  const toggle = () => {
    if (all) view.select([]);
    else run(view, "select_all");
  };
  const headsIn = (row: Element) => [...row.children].slice(1);
  const grab = ({ currentTarget: row, target, clientX, pointerId }: TargetedPointerEvent<HTMLElement>) => {
    const heads = headsIn(row);
    const under = (x: number) => heads.findIndex((head) => x < head.getBoundingClientRect().right + GRIP);
    const at = under(clientX);
    const name = columns[at];
    const widens = heads[at + 1] && under(clientX + 2 * GRIP) > at;
    let x = clientX;
    if (!name || !heads[at]?.contains(target as Node)) return;
    row.setPointerCapture(pointerId);
    row.onpointermove = (moved) => {
      if (widens) widen(view, heads, at, moved.clientX - x);
      x = moved.clientX;
    };
    row.onpointerup = () => {
      row.onpointermove = row.onpointerup = null;
      const to = under(x);
      if (!widens && to >= 0) putColumn(view, name, to);
    };
  };
  const press = (event: TargetedKeyboardEvent<HTMLElement>) => {
    const heads = headsIn(event.currentTarget);
    const head = event.target as HTMLElement;
    const at = heads.indexOf(head);
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const name = columns[at];
    if (!by || !name) return;
    prevent(event);
    if (event.shiftKey) {
      putColumn(view, name, at + by);
      whenDrawn(() => focus(head));
    } else if (heads[at + 1]) widen(view, heads, at, by * STEP);
    else widen(view, heads, at - 1, -by * STEP);
  };
  return (
    <div class="sw-gridhead" role="row" aria-rowindex={1} onPointerDown={grab} onKeyDown={press}>
      <span role="columnheader">
        <Check
          on={all ? true : selected > 0 ? "mixed" : false}
          label="Select all that the filter shows"
          onToggle={toggle}
        />
      </span>
      {columns.map((name) => (
        <span key={name} role="columnheader" tabIndex={0}>
          {name}
        </span>
      ))}
    </div>
  );
}
