import type { RateArgs, Regenerate } from "./commands.gen";
import type { SampleRow } from "./protocol.gen";
import { isRefused, send } from "./send";
import type { Rated } from "./verdicts";
import type { View } from "./view";
import { some } from "./words";

/** The stars of a row: those that are on their way count at once. */
export function starsOf(view: View, row: SampleRow): number | null {
  view.line.ratings.at.value;
  const rated = view.line.ratings.of(row.id);
  return rated ? rated.stars : row.stars;
}

function rowsOf(view: View, ids: readonly string[]): SampleRow[] {
  return ids.flatMap((id) => view.sampleOf(id) ?? []);
}

/** Rates samples, null takes the stars back. */
export async function rate(view: View, stars: number | null, ids = view.targets()): Promise<void> {
  const rows = rowsOf(view, ids);
  if (rows.length === 0 || isRefused(view)) return;
  if (stars === null && rows.every((row) => starsOf(view, row) === null)) {
    view.toasts.say("No stars to take back");
    return;
  }
  const done = stars === null ? "Stars taken back" : `Rated with ${some(stars, "star")}`;
  const more = rows.length > 1 ? `: ${some(rows.length, "sample")}` : "";
  if (await sendRating(view, { ids, stars })) view.toasts.say(done + more, { undo: true });
}

/** Rates one sample by one requirement; its overall stars stay. */
export async function rateBy(view: View, row: SampleRow, name: string, stars: number | null): Promise<void> {
  await sendRating(view, { ids: [row.id], stars: starsOf(view, row), requirements: { [name]: stars } });
}

async function sendRating(view: View, args: RateArgs): Promise<boolean> {
  const { ratings } = view.line;
  const before = args.ids.length === 1 ? ratings.of(args.ids[0] as string) : null;
  const rated: Rated = {
    stars: args.stars ?? null,
    requirements: { ...before?.requirements, ...args.requirements },
  };
  const mark = ratings.put(args.ids, rated);
  const answer = await send(view, "rate", args);
  if (answer) mark.taken();
  else mark.refused(args.ids);
  return answer !== null;
}

/** Splits what R acts on: what has an output is made anew, what has none is tried again. */
export function remakable(view: View, ids = view.targets()): { whole: SampleRow[]; open: SampleRow[] } {
  const rows = rowsOf(view, ids);
  const isOpen = (row: SampleRow) => row.status === "failed" || row.status === "pending";
  return { whole: rows.filter((row) => !isOpen(row)), open: rows.filter(isOpen) };
}

/** How many model calls it takes: a new input needs an output of its own. */
export function callsOf(samples: number, part: "input" | "output"): number {
  return part === "input" ? 2 * samples : samples;
}

/** Regenerates the outputs at once. */
export function remake(view: View, whole: readonly SampleRow[]): Promise<void> {
  return regenerate(view, whole, "output", "");
}

export async function regenerate(
  view: View,
  whole: readonly SampleRow[],
  part: "input" | "output",
  guidance: string,
): Promise<void> {
  const args: Regenerate = { ids: whole.map((row) => row.id), part, guidance: guidance.trim() || null };
  const mark = view.line.making.put(whole);
  const answer = await send(view, "regenerate", args);
  const job = answer && (answer.ok as { job?: unknown } | null)?.job;
  mark(typeof job === "string" ? job : null);
  if (!answer) return;
  if (view.open.value === "regenerate") view.goBack();
  const hint = view.keys.hint("compare", "Then compare");
  view.toasts.say(`Regenerating ${some(whole.length, part)}. ${hint}.`);
}
