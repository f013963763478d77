import { COLUMNS, held, STANDARD } from "./fields";
import type { SampleRow } from "./protocol.gen";
import type { View } from "./view";

const LEAST = 48;
const TRACKS: Readonly<Record<string, string>> = { Input: "342fr", Output: "300fr", Status: "104px" };

/** The columns that are shown, in order. Cards have none: they show what is standard. */
export function columnsOf(view: View): readonly string[] {
  const chosen = view.columns.value.filter((name) => COLUMNS.includes(name));
  return view.narrow.value || !chosen[0] ? STANDARD : chosen;
}

/** Their widths as CSS has them. Those that a person set are shares, so that all columns always fit. */
export function tracks(view: View): string {
  const widths = view.widths.value;
  return columnsOf(view).reduce((line, name) => {
    return `${line} minmax(0,${widths[name] ? `${widths[name]}fr` : (TRACKS[name] ?? "96px")})`;
  }, "34px");
}

/** Shows a column at this place, or hides it. */
export function putColumn(view: View, name: string, at?: number): void {
  const columns = columnsOf(view).filter((each) => each !== name);
  if (at !== undefined) columns.splice(Math.max(0, at), 0, name);
  view.columns.value = columns;
}

/** Moves the line behind a column: what the column gets, the next one gives. `heads` stand above the columns. */
export function widen(view: View, heads: readonly Element[], at: number, by: number): void {
  const widths = heads.map((head) => head.getBoundingClientRect().width);
  const [own = 0, next = 0] = widths.slice(at);
  const fits = Math.max(LEAST - own, Math.min(by, next - LEAST));
  widths[at] = own + fits;
  widths[at + 1] = next - fits;
  view.widths.value = Object.fromEntries(
    columnsOf(view).map((name, index) => [name, widths[index] as number]),
  );
}

/** What stands in a column of its own. */
export function cellOf(view: View, row: SampleRow, name: string): string {
  return name === "Topic" ? (view.nodeOf(row.topic)?.path.join(" › ") ?? "") : held(row, name).join(", ");
}
