import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { decide } from "../actions";
import { columnsOf, tracks } from "../columns";
import { prevent } from "../events";
import { iconOf } from "../icons";
import { CARD, cardHeight, type Group, isRow, type Listing, rowsBefore, rowsOf, sameShape } from "../rows";
import { shown } from "../shown";
import { live } from "../topics";
import type { View } from "../view";
import { Lines, useInSight } from "../virtual";
import { count, sentence, some } from "../words";
import { Check, GAP, TopicPath } from "./bits";
import { Edit } from "./Edit";
import { FilterBar } from "./FilterBar";
import { GridFoot } from "./GridFoot";
import { Heads } from "./Heads";
import { NoRows } from "./NoRows";
import { Row } from "./Row";
import { Spend } from "./Spend";
import { type GridMemory, HEAD, keepStill, revealer } from "./scrolling";
import { Tabs } from "./Tabs";

const SIZES = { group: 28, reason: 42, row: 70 };

/** Where each line stands. Where only statuses changed, that is where it stood before. */
function useLines(listing: Listing, narrow: boolean, letters: number): Lines {
  const before = useRef<{ listing: Listing; narrow: boolean; letters: number; lines: Lines } | null>(null);
  const { items } = listing;
  const last = before.current;
  if (last?.listing === listing && last.narrow === narrow && last.letters === letters) return last.lines;
  const stands = last && !narrow && !last.narrow && sameShape(last.listing, listing);
  const lines = stands
    ? last.lines
    : new Lines(items.length, (index) => {
        const item = items[index];
        if (isRow(item)) return narrow ? cardHeight(item, letters) : SIZES.row;
        return item?.reason == null ? SIZES.group : SIZES.reason;
      });
  before.current = { listing, narrow, letters, lines };
  return lines;
}

export function Grid({ view, bar }: { view: View; bar: boolean }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const listing = view.listing.value;
  const narrow = view.narrow.value;
  const letters = view.letters.value;
  const { items } = listing;
  const lines = useLines(listing, narrow, letters);
  const { drawn, last, look, sight } = useInSight(box, lines);
  const memory = useRef<GridMemory | null>(null);
  const filter = JSON.stringify([
    view.facet.value,
    view.at.value > 0 && view.topic.value,
    view.looking.text.value,
    view.picked.value,
    view.sort.value,
  ]);

  useLayoutEffect(() => {
    memory.current = keepStill(view, box.current, lines, {
      listing,
      filter,
      bar,
      look,
      sight: sight.current,
      before: memory.current,
    });
  });
  useLayoutEffect(() => {
    const reveal = revealer(view, box, lines);
    view.reveal = reveal;
    view.pageRows = () =>
      Math.max(1, Math.floor(((box.current?.clientHeight ?? 0) - HEAD) / (narrow ? CARD : SIZES.row)) - 1);
  });
  const focused = view.focused.value;
  view.fresh.at.value;
  return (
    <section class="sw-pane sw-pane--grid" aria-label="Samples">
      <Tabs view={view} />
      <FilterBar view={view} />
      <div
        ref={box}
        class="sw-grid sw-scroll"
        role="grid"
        aria-label={view.facet.value === "failed" ? "Failed samples by reason" : "Samples"}
        aria-rowcount={listing.rows + 1}
        aria-multiselectable="true"
        style={{ "--sw-cols": tracks(view) }}
        aria-activedescendant={focused ? `${view.prefix}-s-${focused.row.id}` : undefined}
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === "Enter" && event.target === event.currentTarget && focused && narrow) {
            view.pane.value = "sample";
            prevent(event);
          }
        }}
      >
        <Heads view={view} listing={listing} />
        {listing.rows === 0 && <NoRows view={view} />}
        <div class="sw-lines" role="presentation" style={{ height: `${lines.height}px` }}>
          {drawn.map((line) => {
            const item = items[line.index];
            if (item === undefined) return null;
            if (!isRow(item)) return <GroupLine key={item.key} view={view} group={item} start={line.start} />;
            const index = rowsBefore(listing, line.index);
            return (
              <Row
                key={item.id}
                view={view}
                row={item}
                index={index}
                start={line.start}
                height={narrow ? `${line.end - line.start}px` : undefined}
              />
            );
          })}
          <EditHere view={view} lines={lines} />
        </div>
      </div>
      <GridFoot view={view} edge={last} />
    </section>
  );
}

/** An edit that was begun in the grid: over its row, the fields below their columns. */
function EditHere({ view, lines }: { view: View; lines: Lines }): JSX.Element | null {
  const focused = view.focused.value;
  const editing = view.editing.value;
  const line = editing?.here && focused?.row.id === editing.id && lines.line(focused.index);
  if (!line) return null;
  return (
    <div class="sw-over" role="row" style={{ transform: `translateY(${line.start}px)` }}>
      <div role="gridcell" aria-colspan={columnsOf(view).length + 1}>
        <Edit key={editing.id} view={view} editing={editing} {...focused} />
      </div>
    </div>
  );
}

function GroupLine({ view, group, start }: { view: View; group: Group; start: number }): JSX.Element {
  const style = { transform: `translateY(${start}px)` };
  if (group.reason !== null)
    return <ReasonLine view={view} group={group} reason={group.reason} style={style} />;
  const node = view.nodeOf(group.topic);
  const totals = group.topic === null ? undefined : view.replica.samples.counts(group.topic);
  const target = node?.children === 0 ? node.target : null;
  const kept = totals?.kept ?? 0;
  const running = !view.idle;
  const of = target === null || target === undefined ? "" : ` of ${count(target)}`;
  return (
    <div class="sw-group" role="row" style={style}>
      <span role="gridcell" aria-colspan={columnsOf(view).length + 1} class="sw-group-in">
        <GroupCheck view={view} group={group} />
        <TopicPath path={node?.path ?? []} />
        {GAP}
        <span>
          {running && totals ? `${count(live(totals))}${of || " so far"}` : `${count(kept)} kept${of}`}
        </span>
      </span>
    </div>
  );
}

/** Ticks all rows of the group that the filter shows. */
function GroupCheck({ view, group }: { view: View; group: Group }): JSX.Element {
  const selection = view.selection.value;
  const rows = () => rowsOf(view.listing.value, group).map((row) => row.id);
  const ids = selection.size > 0 ? rows() : [];
  const ticked = ids.reduce((sum, id) => sum + (selection.has(id) ? 1 : 0), 0);
  const all = ticked > 0 && ticked === ids.length;
  const toggle = () => {
    const next = new Set(selection);
    for (const id of rows()) {
      if (all) next.delete(id);
      else next.add(id);
    }
    view.select(next);
  };
  return <Check on={all ? true : ticked > 0 ? "mixed" : false} label="Select the group" onToggle={toggle} />;
}

interface ReasonProps {
  view: View;
  group: Group;
  reason: string;
  style: { transform: string };
}

function ReasonLine({ view, group, reason, style }: ReasonProps): JSX.Element {
  return (
    <div class="sw-group sw-group--reason" role="row" style={style}>
      <span role="gridcell" aria-colspan={columnsOf(view).length + 1} class="sw-group-in">
        <GroupCheck view={view} group={group} />
        {iconOf("failed", 16, "sw-c-failed")}
        <span class="sw-reason">
          <b class="sw-ell" dir="auto" title={reason}>
            {sentence(shown(reason))}
          </b>
          <span class="sw-ell">{some(group.ids.length, "sample")}</span>
        </span>
        {GAP}
        <Spend
          view={view}
          calls={group.ids.length}
          icon="regenerate"
          word={`Retry ${count(group.ids.length)}`}
          onSend={() => decide(view, "retry", [...group.ids])}
        />
      </span>
    </div>
  );
}
