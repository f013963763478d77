import type { JSX } from "preact";
import { cellOf, columnsOf } from "../columns";
import { starsOf } from "../curate";
import { openEdit } from "../editing";
import { prevent, withMod } from "../events";
import { type IconName, iconOf } from "../icons";
import type { Cell, SampleRow } from "../protocol.gen";
import { isRow } from "../rows";
import { shown } from "../shown";
import type { Status } from "../store";
import type { Verb } from "../verdicts";
import type { View } from "../view";
import { Check } from "./bits";
import { Marked } from "./Marked";
import { isMaking, Mark } from "./Marks";
import { memo } from "./memo";
import { Stars } from "./Stars";
import { LABELS } from "./Tabs";

const SOON: Record<Verb, { status: Status | null; word: string }> = {
  keep: { status: "kept", word: "Keep" },
  reject: { status: "rejected", word: "Reject" },
  restore: { status: "draft", word: "Restore" },
  retry: { status: "pending", word: "Retry" },
  edit: { status: null, word: "Edit" },
  accept: { status: null, word: "Take new" },
  decline: { status: null, word: "Decline" },
  revert: { status: null, word: "Go back" },
};

/** A status with its icon and word. */
export const StatusWord = memo(function StatusWord({
  status,
  queued,
}: {
  status: Status;
  queued?: string | undefined;
}): JSX.Element {
  const icon: IconName = queued ? "hourglass" : status;
  return (
    <span class={`sw-status sw-status--${queued ? "queued" : status}`}>
      {iconOf(icon, 14)}
      {queued ?? LABELS[status]}
    </span>
  );
});

/** The status to show: a verdict on its way counts at once, and says so when the kernel lets it wait. */
export function shownStatus(view: View, row: SampleRow): { status: Status; queued?: string | undefined } {
  view.line.verdicts.at.value;
  const verb = view.line.verdicts.of(row.id);
  if (!verb) return { status: row.status };
  const late = ["busy", "silent"].includes(view.line.line.value.state);
  return { status: SOON[verb].status ?? row.status, queued: late ? SOON[verb].word : undefined };
}

const CELLS: Readonly<Record<string, string>> = {
  Input: "sw-cell-in",
  Output: "sw-out sw-cell-out",
  Status: "sw-st sw-cell-st",
};

const PARTS: Readonly<Record<string, "input" | "output">> = { Input: "input", Output: "output" };

interface RowProps {
  view: View;
  row: SampleRow;
  index: number;
  start: number;
  /** Of a card; other rows are all alike. */
  height: string | undefined;
}

export function Row({ view, row, index, start, height }: RowProps): JSX.Element {
  const { status, queued } = shownStatus(view, row);
  const selected = view.selection.value.has(row.id);
  const focused = view.focus.value === row.id;
  const fresh = view.fresh.has(row.id);
  const stars = starsOf(view, row);
  const pick = (event: MouseEvent) => {
    if (event.shiftKey) view.selectTo(row.id);
    else if (withMod(event)) view.toggle(row.id);
    else view.anchor = row.id;
    view.focus.value = row.id;
    if (view.narrow.value && !event.shiftKey && !withMod(event)) view.pane.value = "sample";
    view.focusOn("grid");
  };
  const words = view.looking.words.value;
  // Where no line above says the topic, it is the last line here; a rated row has no room for a badge then.
  const columns = columnsOf(view);
  const topic = (status === "failed" || isRow(view.listing.value.items[0])) && !columns.includes("Topic");
  const classes = ["sw-row", `sw-row--${status}`];
  if (focused) classes.push("sw-row--focus");
  if (fresh) classes.push("sw-row--new");
  return (
    <div
      id={`${view.prefix}-s-${row.id}`}
      class={classes.join(" ")}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      style={{ transform: `translateY(${start}px)`, height }}
      tabIndex={-1}
      onMouseDown={(event) => event.shiftKey && prevent(event)}
      onClick={pick}
    >
      <div class="sw-cell-sel" role="gridcell">
        <Check
          on={selected}
          label="Select the sample"
          onToggle={(event) => (event.shiftKey ? view.selectTo(row.id) : view.toggle(row.id))}
        />
      </div>
      {columns.map((name) => (
        <div
          class={CELLS[name] ?? "sw-small sw-muted"}
          role="gridcell"
          onDblClick={() => PARTS[name] && openEdit(view, PARTS[name])}
        >
          {name === "Input" && <CellText cell={row.input} words={words} />}
          {name === "Output" && <Output row={row} status={status} idle={view.idle} words={words} />}
          {name === "Status" && (
            <>
              <StatusWord status={status} queued={queued} />
              {stars !== null && <Stars stars={stars} />}
              {(!topic || stars === null) && (
                <Badge view={view} row={row} fresh={fresh} queued={queued !== undefined} status={status} />
              )}
              {topic && (
                <span class="sw-badge sw-ell" dir="auto" title={cellOf(view, row, "Topic")}>
                  {shown(view.nodeOf(row.topic)?.name || "All topics")}
                </span>
              )}
            </>
          )}
          {!CELLS[name] && (
            <div class="sw-clamp" dir="auto">
              {shown(cellOf(view, row, name))}
            </div>
          )}
        </div>
      ))}
    </div>
  );
}

function Badge(props: {
  view: View;
  row: SampleRow;
  fresh: boolean;
  queued: boolean;
  status: Status;
}): JSX.Element | null {
  const { row, status } = props;
  if (props.queued) return <span class="sw-badge sw-c-warn">queued</span>;
  if (props.fresh) return <span class="sw-badge sw-c-accent sw-fade">New</span>;
  const pressing = row.unfinished || isMaking(props.view, row) || props.view.editing.value?.id === row.id;
  if (pressing) return <Mark view={props.view} row={row} />;
  if (status === "rejected" && row.reason) {
    return (
      <span class="sw-badge sw-ell" dir="auto" title={row.reason}>
        {shown(row.reason)}
      </span>
    );
  }
  return <Mark view={props.view} row={row} />;
}

type Words = readonly string[];

const CellText = memo(function CellText({ cell, words }: { cell: Cell | null; words: Words }): JSX.Element {
  if (!cell) return <Skeleton />;
  return (
    <>
      <Tags cell={cell} words={words} />
      <div
        class={`sw-clamp ${cell.raw ? "sw-clamp--raw" : ""}`}
        style={{ "--n": cell.tags.length > 0 ? 2 : 3 }}
        dir="auto"
      >
        <Marked text={cell.text} words={words} />
      </div>
    </>
  );
});

function Tags({ cell, words }: { cell: Cell; words: Words }): JSX.Element | null {
  if (cell.tags.length === 0) return null;
  return (
    <div class="sw-tags">
      {cell.tags.map((tag) => (
        <span class="sw-tag" dir="auto">
          <Marked text={tag} words={words} />
        </span>
      ))}
    </div>
  );
}

const Output = memo(function Output(props: {
  row: SampleRow;
  status: Status;
  idle: boolean;
  words: Words;
}): JSX.Element {
  const { row, status, words } = props;
  if (row.output) return <CellText cell={row.output} words={words} />;
  if (status === "pending") return <Awaited idle={props.idle} />;
  return <span class="sw-faint">{status === "failed" ? "No answer" : "No output"}</span>;
});

/** What stands where something is to come: it looks like coming only while a job runs. */
export function Awaited({ idle }: { idle: boolean }): JSX.Element {
  return idle ? <span class="sw-faint">No output yet</span> : <Skeleton />;
}

export function Skeleton(): JSX.Element {
  return (
    <span role="img" aria-label="not there yet">
      <span class="sw-skel sw-skel--short" />
      <span class="sw-skel" />
    </span>
  );
}
