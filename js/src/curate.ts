import type { RateArgs, Regenerate } from "./commands.gen";
import { whenDrawn } from "./events";
import { asksFor } from "./plan";
import type { SampleRow } from "./protocol.gen";
import { isRow } from "./rows";
import { isRefused, refusals, send } from "./send";
import type { Rated } from "./verdicts";
import type { View } from "./view";
import { count, some } from "./words";

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

/** Regenerates the outputs at once, but asks where that would be many calls. */
export async function remake(view: View, whole: readonly SampleRow[]): Promise<void> {
  if (asksFor(view, whole.length)) view.open.value = "regenerate";
  else await regenerate(view, whole, "output", "");
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
  if (answer) view.toasts.say(`Regenerating ${some(whole.length, part)}`);
}

/** Whether a new version of this row waits for a choice, and none is on its way. The list may lag by a frame. */
export function isProposed(view: View, row: SampleRow): boolean {
  const { verdicts, replica } = view.line;
  verdicts.at.value;
  return (
    replica.samples.all.get(row.id)?.proposal === true &&
    !["accept", "decline"].includes(verdicts.of(row.id) ?? "")
  );
}

/** The rows of the list that have a new version to decide about. */
export function proposals(view: View): SampleRow[] {
  return view.listing.value.items.filter(isRow).filter((row) => isProposed(view, row));
}

/** Opens the comparison of the current version with the new one, or with the one before. */
export function compare(view: View): void {
  const row = view.focusedRow;
  if (!row) return;
  const body = view.line.bodies.of(row);
  if (!row.proposal && body && body.versions.filter((each) => each.output !== null).length < 2) {
    view.toasts.say("There is only this version.");
    return;
  }
  view.comparing.value = true;
  view.focusOn("grid");
}

export function closeCompare(view: View): void {
  view.comparing.value = false;
  whenDrawn(() => view.focusOn("grid")); // it is hidden until then
}

/** Takes or declines new versions; while comparing, the next one comes up. */
export async function choose(view: View, verb: "accept" | "decline", ids: readonly string[]): Promise<void> {
  if (ids.length === 0 || isRefused(view)) return;
  const mark = view.line.verdicts.put(ids, verb);
  const own = view.focusedRow;
  if (own && ids.includes(own.id) && view.comparing.value) {
    view.trail.push(own.id);
    const next = nextProposal(view, 1);
    if (next) view.moveTo(next);
    else closeCompare(view);
  }
  const answer = await send(view, verb, { ids: [...ids] });
  if (!answer) {
    mark.refused(ids);
    return;
  }
  mark.taken();
  const refused = refusals(answer.ok);
  const done = ids.length - refused.length;
  const what = done === 1 ? "the new version" : some(done, "new version");
  const but = refused[0] ? `, not ${count(refused.length)}: ${refused[0][1]}` : "";
  const alert = refused.length > 0;
  view.toasts.say(`${verb === "accept" ? "Took" : "Declined"} ${what}${but}`, { undo: done > 0, alert });
}

/** The next proposal after the sample in focus, or before it, around the ends. */
export function nextProposal(view: View, way: 1 | -1): SampleRow | null {
  const { items } = view.listing.value;
  const at = view.focused.value?.index ?? -1;
  for (let step = 1; step < items.length; step += 1) {
    const item = items[(at + way * step + items.length) % items.length];
    if (isRow(item) && isProposed(view, item)) return item;
  }
  return null;
}
