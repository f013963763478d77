import type { RefObject } from "preact";
import { indexOf, isRow, keyOf, type Listing } from "../rows";
import type { View } from "../view";
import { type Lines, type Sight, scrollTo } from "../virtual";

/** Height of the sticky column heads. */
export const HEAD = 28;
const RUN_BAR = 36;

/** What the grid showed when it was last drawn, so that the next drawing can leave the rows where they were. */
export interface GridMemory {
  listing: Listing;
  filter: string;
  bar: boolean;
  scrollTop: number;
  /** Lines in sight, from the top, by key. */
  seen: { key: string; index: number; start: number; row: boolean }[];
}

interface Now {
  listing: Listing;
  filter: string;
  bar: boolean;
  look: () => Sight;
  sight: Sight;
  before: GridMemory | null;
}

/**
 * Rows come and go above the eyes: the row in focus, or else the topmost one in sight, stays where it stands on the
 * screen. Another filter is another list: it begins at the row in focus. A run bar that opens above moves the rows by
 * its height, and the scroll takes it back.
 */
export function keepStill(view: View, box: HTMLElement | null, lines: Lines, now: Now): GridMemory | null {
  if (!box) return null;
  const { listing, before } = now;
  let { sight } = now;
  if (before && before.filter !== now.filter) {
    box.scrollTop = 0;
    const id = view.focus.value;
    if (id !== null) view.reveal(id);
    sight = now.look();
  } else if (before && listing.rows > 0) {
    let top = before.scrollTop;
    if (before.listing !== listing) top += shift(view, listing, lines, before);
    if (before.bar !== now.bar) top += now.bar ? RUN_BAR : -RUN_BAR;
    if (top !== before.scrollTop && Math.abs(top - box.scrollTop) >= 1) {
      box.scrollTop = top;
      sight = now.look();
    }
  }
  const seen = inSight(sight, lines, listing);
  view.fresh.saw(seen.filter((line) => line.row).map((line) => line.key));
  const memory = before ?? { listing, filter: "", bar: false, scrollTop: 0, seen };
  if (!before) {
    const remember = () => {
      memory.scrollTop = box.scrollTop;
    };
    box.addEventListener("scroll", remember, { passive: true });
  }
  Object.assign(memory, { listing, filter: now.filter, bar: now.bar, scrollTop: sight.top, seen });
  return memory;
}

/** By how much the anchor's place in the list moved. */
function shift(view: View, listing: Listing, lines: Lines, before: GridMemory): number {
  const focus = before.seen.find((line) => line.key === view.focus.value);
  const anchors = focus ? [focus, ...before.seen] : before.seen;
  if (anchors.length === 0) return 0;
  const places = placesOf(listing, anchors);
  for (const anchor of anchors) {
    const start = startOf(lines, places.get(anchor.key));
    if (start !== null && (anchor.row || places.size === 1)) return start - anchor.start;
  }
  return 0;
}

/** Where lines stand now, by key: mostly where they stood before. */
function placesOf(listing: Listing, lines: GridMemory["seen"]): Map<string, number> {
  const { items } = listing;
  const places = new Map<string, number>();
  const moved = new Set<string>();
  for (const { key, index } of lines) {
    const item = items[index];
    if (item && keyOf(item) === key) places.set(key, index);
    else moved.add(key);
  }
  if (moved.size === 0) return places;
  items.forEach((item, index) => {
    const key = keyOf(item);
    if (moved.has(key)) places.set(key, index);
  });
  return places;
}

function startOf(lines: Lines, index: number | undefined): number | null {
  return index === undefined ? null : (lines.line(index)?.start ?? null);
}

function inSight(sight: Sight, lines: Lines, listing: Listing): GridMemory["seen"] {
  const { top } = sight;
  const bottom = sight.bottom - HEAD;
  const seen: GridMemory["seen"] = [];
  for (const line of lines.between(top, bottom)) {
    const item = listing.items[line.index];
    const middle = (line.start + line.end) / 2;
    if (item && middle > top && middle < bottom) {
      seen.push({ key: keyOf(item), index: line.index, start: line.start, row: isRow(item) });
    }
  }
  return seen;
}

/** Brings a row into sight, with its group line when that stands right above it. */
export function revealer(view: View, box: RefObject<HTMLElement | null>, lines: Lines): View["reveal"] {
  return (id, where = "nearest") => {
    const listing = view.listing.value;
    const index = indexOf(listing, id);
    const line = lines.line(index);
    if (!box.current || !line) return;
    const above = listing.items[index - 1];
    const first = above && !isRow(above) ? (lines.line(index - 1) ?? line) : line;
    scrollTo(box.current, { start: first.start, end: line.end }, { head: HEAD, where });
  };
}
