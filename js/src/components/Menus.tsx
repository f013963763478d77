import type { ComponentChild, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { columnsOf, putColumn } from "../columns";
import { COLUMNS, SORTS, tally } from "../fields";
import { isRow } from "../rows";
import { shown } from "../shown";
import type { View } from "../view";
import { count } from "../words";
import { Button, GAP } from "./bits";
import { Sheet } from "./Popover";

/** Values of a facet that are listed; more of them are told by their number. */
const MOST = 100;

/** Things to tick: their text, whether they are on, what a press does, what stands behind them. */
function ticks(
  label: string,
  lines: readonly (readonly [string, boolean, () => void, ComponentChild?])[],
  type: "checkbox" | "radio" = "checkbox",
): JSX.Element {
  return (
    <fieldset class="sw-ticks">
      <legend class="sw-label">{label}</legend>
      {lines.slice(0, MOST).map(([text, on, onPress, aside]) => (
        <label class="sw-tick">
          <input type={type} checked={on} onClick={onPress} />
          <span class="sw-ell" dir="auto" title={text}>
            {shown(text)}
          </span>
          {GAP}
          <span class="sw-small sw-muted">{aside}</span>
        </label>
      ))}
      {lines.length > MOST && `${count(lines.length - MOST)} more`}
    </fieldset>
  );
}

/** The values of each facet, with how many samples each would show. They stand still while samples come and go. */
export function FilterMenu({ view }: { view: View }): JSX.Element {
  const picked = view.picked.value;
  const facets = useMemo(() => {
    const rows = view.listed(view.looking.wanted()).items.filter(isRow);
    return tally(rows, picked).filter(([, [first, second]]) => second || (first && first[1] < rows.length));
  }, [picked, view.facet.value, view.at.value, view.looking.text.value]);
  return (
    <Sheet view={view} label="Filters" class="sw-plan sw-menu">
      {facets.map(([facet, values]) =>
        ticks(
          facet,
          values.map(([value, rows]) => [
            value,
            picked[facet]?.includes(value) === true,
            () => view.pick(facet, value),
            count(rows),
          ]),
        ),
      )}
      <Button off={view.cut ? null : "No filter is set"} onPress={() => view.uncut()}>
        Remove all filters
      </Button>
    </Sheet>
  );
}

export function SortMenu({ view }: { view: View }): JSX.Element {
  const sort = view.sort.value;
  const line = (name: string) => {
    const on = (sort.replace("-", "") || "Topic") === name;
    return [name, on, () => view.sortBy(name), on && sort && (sort[0] === "-" ? "↓" : "↑")] as const;
  };
  return (
    <Sheet view={view} label="Sort" class="sw-plan sw-menu">
      {ticks("By", ["Topic", ...SORTS].map(line), "radio")}
    </Sheet>
  );
}

export function ColumnsMenu({ view }: { view: View }): JSX.Element {
  const shown = columnsOf(view);
  const line = (name: string) => {
    const on = shown.includes(name);
    return [name, on, () => putColumn(view, name, on ? undefined : shown.length)] as const;
  };
  return (
    <Sheet view={view} label="Columns" class="sw-plan sw-menu">
      {ticks("Shown", COLUMNS.map(line))}
      <span class="sw-small sw-muted">
        Drag a head to move it, the line behind it for its width. Keys: Shift+← →, ← →.
      </span>
    </Sheet>
  );
}
