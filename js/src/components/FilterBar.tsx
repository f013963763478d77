import type { JSX } from "preact";
import { run } from "../actions";
import { prevent } from "../events";
import { passing, said } from "../fields";
import { iconOf } from "../icons";
import { isRow, rowAt } from "../rows";
import { named, shown } from "../shown";
import type { View } from "../view";
import { count } from "../words";
import { GAP, IconButton, keysOf, Press } from "./bits";
import { LABELS } from "./Tabs";

/** Words to look for, what else cuts the list, and how much of all is shown. */
export function FilterBar({ view }: { view: View }): JSX.Element {
  const { looking, facet } = view;
  const node = view.node();
  const words = looking.typed.value !== "";
  const picked = view.picked.value;
  const open = view.open.value;
  const menu = (name: "filter" | "sort" | "columns", set: unknown, more = "") => (
    <IconButton
      icon={name}
      class={set ? `sw-c-accent ${more}` : more}
      label={view.keys.hint(name)}
      menu
      open={open === name}
      onPress={() => run(view, name)}
    />
  );
  return (
    <div class="sw-filter">
      <div class="sw-field">
        {iconOf("search", 14, "sw-muted")}
        <input
          class="sw-find"
          role="searchbox"
          placeholder="Search"
          aria-label="Search in samples and topics"
          autocomplete="off"
          spellcheck={false}
          dir="auto"
          maxLength={1000}
          value={looking.typed.value}
          onFocus={(event) => {
            event.currentTarget.select();
            looking.warm(view.replica.samples.all.values());
          }}
          onInput={(event) => looking.for(event.currentTarget.value)}
          onKeyDown={(event) => obey(view, event)}
        />
        {words ? (
          <Clear label="Clear the search (Esc)" onPress={() => looking.for("")} />
        ) : (
          keysOf(view.keys.chord("find"))
        )}
      </div>
      <div class="sw-chips">
        {node && node.parent !== null && (
          <Chip label="Topic" name={node.name} onRemove={() => view.pickTopic(null)} />
        )}
        {facet.value !== "all" && (
          <Chip label="Status" name={LABELS[facet.value]} onRemove={() => view.show("all")} />
        )}
        {Object.entries(picked).map(([facet, values]) => {
          const drop = () => {
            view.picked.value = { ...picked, [facet]: [] };
          };
          return values.length > 0 && <Chip label={facet} name={said(values)} onRemove={drop} />;
        })}
      </div>
      {menu("filter", passing(picked))}
      {GAP}
      <FullText view={view} />
      <NofM view={view} />
      {menu("sort", view.sort.value, "sw-hide-n")}
      {menu("columns", false, "sw-hide-n")}
      <IconButton
        icon="card"
        label={view.keys.hint("density", "One sample at a time")}
        class="sw-hide-n"
        aria-pressed={view.density.value === "focus"}
        onPress={() => run(view, "density")}
      />
    </div>
  );
}

/** Esc empties the field and then leaves it; Enter and ↓ go to the first hit. */
function obey(view: View, event: KeyboardEvent): void {
  if (event.isComposing) return;
  if (event.key === "Escape" && view.looking.typed.value !== "") view.looking.for("");
  else if (event.key === "Enter" || event.key === "ArrowDown") {
    view.moveTo(rowAt(view.listing.value, -1, 1));
    view.focusOn("grid");
  } else return;
  prevent(event);
}

function Chip(props: { label: string; name: string; onRemove: () => void }): JSX.Element {
  return (
    <span class="sw-chip">
      <span class="sw-ell" title={`${props.label}: ${named(props.name)}`}>
        <span class="sw-muted sw-hide-n">{props.label}: </span>
        <span dir="auto">{shown(props.name)}</span>
      </span>
      <Clear label={`Remove the filter ${props.label}: ${named(props.name)}`} onPress={props.onRemove} />
    </span>
  );
}

function Clear({ label, onPress }: { label: string; onPress: () => void }): JSX.Element {
  return (
    <Press class="sw-clear" label={label} title={label} onPress={onPress}>
      {iconOf("x", 12)}
    </Press>
  );
}

/** Hits that only the kernel could find: in what stands behind the first lines of a text. */
function FullText({ view }: { view: View }): JSX.Element | null {
  const { looking } = view;
  if (looking.words.value.length === 0) return null;
  const full = looking.full.value;
  if (full === null) {
    const waits = view.line.line.value.state !== "open";
    return waits ? <span class="sw-small sw-faint sw-hide-m sw-ell">full text not searched yet</span> : null;
  }
  const { items } = view.listing.value;
  const beyond = items.filter((item) => isRow(item) && looking.beyond.has(item.id)).length;
  if (beyond === 0 && !full.more) return null;
  return (
    <span
      class="sw-small sw-muted"
      title={
        full.more ? "More than the kernel lists: add a word" : "The words stand further down in these texts"
      }
    >
      +{count(beyond)}
      {full.more && " or more"}
      <span class="sw-hide-n"> in the full text</span>
    </span>
  );
}

/** "187 of 607": how much of all the grid shows. */
function NofM({ view }: { view: View }): JSX.Element {
  view.replica.samplesAt.value;
  const line = view.line.line.value;
  const all = line.state === "saved" ? line.total : view.replica.samples.all.size;
  return (
    <span class="sw-nofm" role="status">
      <b class="sw-strong">{count(view.listing.value.rows)}</b>
      <span class="sw-muted">of {count(all)}</span>
    </span>
  );
}
