import { whenDrawn } from "./events";
import type { SampleBody, SampleRow, VersionView } from "./protocol.gen";
import { isRow } from "./rows";
import { isRefused, refusals, send } from "./send";
import type { View } from "./view";
import { whenWhole } from "./whole";
import { count, some } from "./words";

type Choice = "accept" | "decline" | "revert";

/** Whether a new version of this row waits for a choice, and none is on its way. The list may lag by a frame. */
export function isProposed(view: View, row: SampleRow): boolean {
  return view.sampleOf(row.id)?.proposal === true && !isChosen(view, row);
}

function isChosen(view: View, row: SampleRow): boolean {
  const { verdicts } = view.line;
  verdicts.at.value;
  return ["accept", "decline", "revert"].includes(verdicts.of(row.id) ?? "");
}

/** The version that the new one of a draft replaced, until a person has decided about them. */
export function replaced(view: View, row: SampleRow): number | null {
  const { making } = view.line;
  making.at.value;
  return isChosen(view, row) ? null : making.before(row);
}

/** Whether there is a new version to decide about: it waits, or it is the current one already. */
export function isNew(view: View, row: SampleRow): boolean {
  return isProposed(view, row) || replaced(view, row) !== null;
}

/** The rows of the list that have a new version to decide about. */
export function proposals(view: View): SampleRow[] {
  return view.listing.value.items.filter(isRow).filter((row) => isNew(view, row));
}

/** The versions of a sample that can stand side by side, the oldest first. */
export function comparable(body: SampleBody | null): VersionView[] {
  return body?.versions.filter((each) => each.output !== null) ?? [];
}

/** The two that do: those that were chosen, else what is and what is new, else what was before and what is. */
export function pairOf(view: View, row: SampleRow): [VersionView, VersionView] | null {
  const { id, pair } = view.comparing.value ?? {};
  const body = view.line.bodies.of(row);
  const all = comparable(body);
  const now = row.version;
  const others = all.filter((each) => each.n !== now);
  const waits = isProposed(view, row);
  const older = replaced(view, row) ?? (others.findLast((each) => each.n < now) ?? others[0])?.n;
  const other = (waits ? body?.proposal : older) ?? 0;
  const usual = waits || other > now ? [now, other] : [other, now];
  const [left, right] = (id === row.id && pair ? pair : usual).map((n) => all.find((each) => each.n === n));
  return left && right ? [left, right] : null;
}

/** Opens the comparison of versions of the sample in focus: of this one with the current one, if it is told. */
export function compare(view: View, n?: number): void {
  const row = view.sampleOf(view.focusedRow?.id); // the list may lag by a frame
  if (!row) return;
  const body = view.line.bodies.of(row);
  if (!row.proposal && body && comparable(body).length < 2) {
    const next = nextProposal(view, 1);
    if (next) view.moveTo(next);
    else {
      view.toasts.say("There is only this version.");
      return;
    }
  }
  const chosen = n !== undefined && n !== row.version;
  view.comparing.value = chosen ? { id: row.id, pair: [n, row.version] } : {};
  view.focusOn("grid");
}

export function closeCompare(view: View): void {
  view.comparing.value = null;
  whenDrawn(() => view.focusOn("grid")); // it is hidden until then
}

/** Puts another version on one side, 0 is the left one. */
export function putVersion(view: View, side: number, n: number | undefined): void {
  const row = view.focusedRow;
  const pair = row && pairOf(view, row);
  if (!pair || n === undefined) return;
  const [left, right] = pair;
  view.comparing.value = { id: row.id, pair: side ? [left.n, n] : [n, right.n] };
}

/** The commands whose keys put an older or a newer version on a side. */
export const SIDES = ["left_version", "right_version"] as const;

/** Puts the next older version on a side, by the first key of the side's command, or by its second the next newer one. */
export function otherVersion(view: View, side: number, chord: string): void {
  const row = view.focusedRow;
  const at = row && pairOf(view, row)?.[side];
  if (!at) return;
  const all = comparable(view.line.bodies.of(row));
  const way = view.keys.named(SIDES[side] ?? "")?.keys.indexOf(chord) ? 1 : -1;
  putVersion(view, side, all[all.indexOf(at) + way]?.n);
}

/** Keeps the version that stands on this side, as soon as it is here: the next sample with a new one comes up. */
export function keepSide(view: View, side: number): void {
  const there = (row: SampleRow) => pairOf(view, row)?.[side] ?? null;
  whenWhole(view, there, ({ n }) => keepVersion(view, n));
}

function keepVersion(view: View, n: number): void {
  const row = view.focusedRow;
  if (!row) return;
  const waits = isProposed(view, row);
  if (n !== row.version) {
    const isTaken = waits && n === view.line.bodies.of(row)?.proposal;
    void choose(view, isTaken ? "accept" : "revert", [row.id], n);
  } else if (waits) void choose(view, "decline", [row.id], n);
  else {
    view.line.making.drop(row.id);
    goOn(view);
  }
}

function goOn(view: View): void {
  const next = nextProposal(view, 1);
  if (next) view.moveTo(next);
  else closeCompare(view);
}

const DONE: Record<Choice, string> = { accept: "Took", decline: "Stayed with", revert: "Back to" };

/** Takes or declines new versions, or goes back to version n; while comparing, the next one comes up. */
export async function choose(view: View, verb: Choice, ids: readonly string[], n = -1): Promise<void> {
  const [id] = ids;
  if (id === undefined || isRefused(view)) return;
  const mark = view.line.verdicts.put(ids, verb);
  const own = view.focusedRow;
  if (own && ids.includes(own.id) && view.comparing.value) goOn(view);
  const answer = await (verb === "revert"
    ? send(view, verb, { id, n })
    : send(view, verb, { ids: [...ids] }));
  if (!answer) {
    mark.refused(ids);
    return;
  }
  mark.taken();
  const refused = refusals(answer.ok);
  const done = ids.length - refused.length;
  const what = n < 0 ? some(done, "new version") : `version ${n}`;
  const [first] = refused;
  if (first && done === 0) view.toasts.warn(`Not done: ${first[1]}`);
  else {
    const but = first ? `, not ${count(refused.length)}: ${first[1]}` : "";
    view.toasts.say(`${DONE[verb]} ${what}${but}`, { undo: true, alert: refused.length > 0 });
  }
}

/** The next proposal after the sample in focus, or before it, around the ends. */
export function nextProposal(view: View, way: 1 | -1): SampleRow | null {
  const { items } = view.listing.value;
  const at = view.focused.value?.index ?? -1;
  for (let step = 1; step < items.length; step += 1) {
    const item = items[(at + way * step + items.length) % items.length];
    if (isRow(item) && isNew(view, item)) return item;
  }
  return null;
}
