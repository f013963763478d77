import type { Order } from "./fields";
import type { SampleRow } from "./protocol.gen";
import { type Counts, noCounts, type Samples, STATUSES, type Status } from "./store";
import type { Node } from "./topics";

export type Facet = "all" | Status;

/** A line above rows that belong together: those of one topic, or those that failed for one reason. */
export interface Group {
  key: string;
  topic: string | null;
  reason: string | null;
  ids: readonly string[];
}

export type Item = SampleRow | Group;

export function isRow(item: Item | undefined): item is SampleRow {
  return item !== undefined && "seq" in item;
}

export function keyOf(item: Item): string {
  return isRow(item) ? item.id : item.key;
}

/** What the grid shows, in order, and where its group lines are. */
export interface Listing {
  items: readonly Item[];
  groups: readonly number[];
  rows: number;
  /** What each status tab would show, when something else cuts the list; else the topic's totals say it. */
  counts: Counts | null;
}

/** Whether a row of a topic is one that is wanted. */
export type Wanted = (node: Node) => (row: SampleRow) => boolean;

/** The rows of the topics `nodes[from]` to `nodes[to - 1]` that have this status and are wanted; by topic, or in order. */
export function list(
  nodes: readonly Node[],
  from: number,
  to: number,
  samples: Samples,
  facet: Facet,
  wanted: Wanted | null = null,
  order: Order | null = null,
): Listing {
  const counts = wanted && noCounts();
  const among = (node: Node): readonly SampleRow[] => {
    const rows = samples.of(node.id);
    if (!wanted || !counts) return rows;
    const found = rows.filter(wanted(node));
    for (const row of found) counts[row.status] += 1;
    return found;
  };
  const topics = nodes.slice(from, to);
  if (order) {
    const items = order(topics.flatMap(among).filter((row) => facet === "all" || row.status === facet));
    return { items, groups: [], rows: items.length, counts };
  }
  if (!wanted && facet === "all") return { ...everything(topics, among), counts };
  const lines = facet === "failed" ? inReasons(topics, among) : byTopic(topics, among, facet);
  return { ...lines, rows: lines.items.length - lines.groups.length, counts };
}

type Among = (node: Node) => readonly SampleRow[];

/** All rows of the topics. Whole arrays are put one behind the other: no row is looked at. */
function everything(nodes: readonly Node[], among: Among): Omit<Listing, "counts"> {
  const parts: Item[][] = [];
  const groups: number[] = [];
  let rows = 0;
  for (const node of nodes) {
    const own = among(node);
    if (own.length === 0) continue;
    groups.push(rows + groups.length);
    rows += own.length;
    parts.push([groupOf(node.id)], own as Item[]);
  }
  return { items: ([] as Item[]).concat(...parts), groups, rows };
}

function groupOf(topic: string): Group {
  return { key: `t:${topic}`, topic, reason: null, ids: [] };
}

/** Whether two lists have group lines of one kind at the same places, so that their rows stand where they stood. */
export function sameShape(a: Listing, b: Listing): boolean {
  const kind = ({ items: [first] }: Listing) => !first || isRow(first) || first.reason === null;
  return (
    kind(a) === kind(b) &&
    a.items.length === b.items.length &&
    a.groups.length === b.groups.length &&
    a.groups.every((at, n) => at === b.groups[n])
  );
}

function byTopic(nodes: readonly Node[], among: Among, facet: Facet): Pick<Listing, "items" | "groups"> {
  const items: Item[] = [];
  const groups: number[] = [];
  for (const node of nodes) {
    const { id } = node;
    const start = items.length;
    for (const row of among(node)) {
      if (facet !== "all" && row.status !== facet) continue;
      if (items.length === start) {
        groups.push(start);
        items.push(groupOf(id));
      }
      items.push(row);
    }
  }
  return { items, groups };
}

/** Rows of a status by the reason for it, the most frequent first. */
export function byReason(parts: Iterable<Iterable<SampleRow>>, status: Status): [string, SampleRow[]][] {
  const reasons = new Map<string, SampleRow[]>();
  for (const part of parts) {
    for (const row of part) {
      if (row.status !== status) continue;
      const reason = row.reason ?? "";
      const rows = reasons.get(reason);
      if (rows) rows.push(row);
      else reasons.set(reason, [row]);
    }
  }
  return [...reasons].sort((a, b) => b[1].length - a[1].length);
}

/** Failed rows, the most frequent reason first: one repair often serves all of them. */
function inReasons(nodes: readonly Node[], among: Among): Pick<Listing, "items" | "groups"> {
  const items: Item[] = [];
  const groups: number[] = [];
  for (const [said, rows] of byReason(nodes.map(among), "failed")) {
    const reason = said || "No reason given";
    groups.push(items.length);
    items.push({ key: `r:${reason}`, topic: null, reason, ids: rows.map((row) => row.id) });
    for (const row of rows) items.push(row);
  }
  return { items, groups };
}

/** Position of a sample among the items, or -1; where it stood before is looked at first. */
export function indexOf(listing: Listing, id: string | null, before = -1): number {
  if (id === null) return -1;
  if ((listing.items[before] as Partial<SampleRow> | undefined)?.id === id) return before;
  return listing.items.findIndex((item) => (item as Partial<SampleRow>).id === id);
}

/** The rows below a group line. */
export function rowsOf(listing: Listing, group: Group): SampleRow[] {
  const at = listing.items.indexOf(group);
  const next = listing.groups.find((index) => index > at) ?? listing.items.length;
  return listing.items.slice(at + 1, next) as SampleRow[];
}

/** How many rows stand before this item. */
export function rowsBefore(listing: Listing, index: number): number {
  let low = 0;
  let high = listing.groups.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((listing.groups[middle] as number) < index) low = middle + 1;
    else high = middle;
  }
  return index - low;
}

/** The row `steps` rows away, stopping at the ends. */
export function rowAt(listing: Listing, index: number, steps: number): SampleRow | null {
  const way = Math.sign(steps) || 1;
  let left = Math.abs(steps);
  let best: SampleRow | null = null;
  for (let at = index + way; at >= 0 && at < listing.items.length && left > 0; at += way) {
    const item = listing.items[at];
    if (!isRow(item)) continue;
    best = item;
    left -= 1;
  }
  return best;
}

/**
 * The next row that waits for a verdict, after `index` and then from the top, or null. Under a status tab it is the
 * next one of that status; a sample whose verdict is on its way counts as decided.
 */
export function nextUndecided(
  listing: Listing,
  index: number,
  facet: Facet,
  decided: (id: string) => boolean,
): SampleRow | null {
  const wanted: Status = facet === "all" ? "draft" : facet;
  const { length } = listing.items;
  for (let step = 1; step < length; step += 1) {
    const item = listing.items[(index + step) % length];
    if (isRow(item) && item.status === wanted && !decided(item.id)) return item;
  }
  return null;
}

/** Height of a card whose input and output take two lines each, below the output's tags. */
export const CARD = 134;
const LINE = 18;

/** How many of two lines a text takes, as far as its letters tell: wide ones count twice. */
export function textLines(text: string, letters: number): 1 | 2 {
  const wide = text.length > letters ? 0 : (text.match(/[\u1100-\uffdc]/g)?.length ?? 0);
  return text.length + wide > letters || text.includes("\n") ? 2 : 1;
}

/** In a narrow column a row is a card, as high as what it shows. */
export function cardHeight({ input, output }: SampleRow, letters: number): number {
  const lines = (cell: SampleRow["input"]) => {
    if (!cell) return 1;
    return (cell.tags.length > 0 && cell === input ? 1 : 0) + textLines(cell.text, letters);
  };
  const tags = output && output.tags.length === 0 ? 19 : 0;
  return CARD - LINE * (4 - Math.min(2, lines(input)) - lines(output)) - tags;
}

/** All that a status tab could show of these counts. */
export function total(counts: Counts): number {
  return STATUSES.reduce((sum, status) => sum + counts[status], 0);
}
