import type { SampleRow } from "./protocol.gen";
import { STATUSES } from "./store";
import { sentence } from "./words";

/** What a sample can be sorted by (the first five), filtered by (all but the first two), or show in a column. */
const FIELDS: Readonly<Record<string, (row: SampleRow) => unknown>> = {
  Created: (row) => row.seq,
  Status: (row) => -STATUSES.indexOf(row.status),
  Stars: (row) => row.stars,
  Words: (row) => row.length,
  Model: (row) => row.model,
  Tags: (row) => row.tags,
  Session: (row) => row.session,
  Reason: (row) => row.reason,
  Mark: (row) =>
    [
      row.unfinished && "Unfinished",
      row.stale && "Stale output",
      row.proposal && "New version",
      row.origin !== "generated" && sentence(row.origin),
    ].filter(Boolean),
};
const NAMES = Object.keys(FIELDS);
export const SORTS = NAMES.slice(0, 5);
/** The facets beside status and topic, which have places of their own. */
const FACETS = NAMES.slice(2);
export const STANDARD: readonly string[] = ["Input", "Output", "Status"];
export const COLUMNS = [...STANDARD, "Topic", ...NAMES.slice(2, 8)];

/** Picked values by facet: a sample must have one of each. */
export type Picked = Readonly<Record<string, readonly string[]>>;

const LENGTHS = [10, 20, 40, 80, 160].map((many) => [many, `over ${many}`, `up to ${many}`] as const);

const NONE = ["None"];

/** What a row has of a field, as it is. */
export function held(row: SampleRow, field: string): unknown[] {
  return ([] as unknown[]).concat(FIELDS[field]?.(row) ?? []);
}

/** The values of a facet that a row has, as a person picks them. */
function valuesOf(row: SampleRow, facet: string): string[] {
  if (facet === "Words") return LENGTHS.map(([many, over, upTo]) => (row.length > many ? over : upTo));
  const values = held(row, facet);
  return values.length > 0 ? values.map(String) : NONE;
}

const askedOf = (picked: Picked) => FACETS.filter((facet) => picked[facet]?.length);

/** The facets of which a row has none of the picked values. */
function misses(picked: Picked): (row: SampleRow) => string[] {
  const asked = askedOf(picked);
  return (row) =>
    asked.filter((facet) => !valuesOf(row, facet).some((value) => picked[facet]?.includes(value)));
}

/** Which rows have what is picked; null when nothing is. */
export function passing(picked: Picked): ((row: SampleRow) => boolean) | null {
  const missed = misses(picked);
  return askedOf(picked).length > 0 ? (row) => missed(row).length === 0 : null;
}

/** The values of each facet that these rows have, in order, with how many of them a pick would show. */
export function tally(
  rows: readonly SampleRow[],
  picked: Picked,
): [facet: string, [value: string, rows: number][]][] {
  const missed = misses(picked);
  const all = rows.map((row) => [row, missed(row)] as const);
  return FACETS.map((facet) => {
    const counts = new Map<string, number>();
    for (const [row, others] of all) {
      const more = others.every((other) => other === facet) ? 1 : 0;
      for (const value of valuesOf(row, facet)) counts.set(value, (counts.get(value) ?? 0) + more);
    }
    return [facet, [...counts].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))];
  });
}

/** Picked values in a line: "4+" for all from four stars on. */
export function said(values: readonly string[]): string {
  const line = [...values].sort().join(", ");
  return values.length > 1 && "1, 2, 3, 4, 5".endsWith(line) ? `${line[0]}+` : line;
}

/** Puts rows into an order. */
export type Order = (rows: readonly SampleRow[]) => SampleRow[];

/**
 * The order by a field, with a minus for the highest first; null where rows stand by topic. A row keeps the place that
 * it had when it was first seen: a verdict or a star must not move it away under the person's eyes.
 */
export function ordering(sort: string): Order | null {
  const field = sort.replace("-", "");
  const sign = sort === field ? 1 : -1;
  const keys = new Map<string, unknown[]>();
  const keyOf = (row: SampleRow) => {
    const key = keys.get(row.id) ?? held(row, field);
    keys.set(row.id, key);
    return [key[0] ?? "", row] as [never, SampleRow];
  };
  const order: Order = (rows) =>
    rows
      .map(keyOf)
      .sort(([a, { seq }], [b, other]) => (a < b ? -sign : a > b ? sign : seq - other.seq))
      .map(([, row]) => row);
  return sort ? order : null;
}
