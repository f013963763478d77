import type { EditArgs } from "./commands.gen";
import { same } from "./controls";
import type { SampleBody, SampleRow } from "./protocol.gen";
import { indexOf } from "./rows";
import { isRefused, refusals, send } from "./send";
import type { View } from "./view";
import { whenWhole } from "./whole";

export interface Values {
  input: unknown;
  output: unknown;
}

/** An edit that is open in a view. */
export interface Editing {
  id: string;
  /** Where it was begun in the grid, over the row; else it stands in the detail pane. */
  here?: keyof Values | undefined;
  /** The current version. */
  from: Values;
  /** What the fields held when it was opened. */
  start: Values;
  now: Values;
  /** Whether the kernel holds an edit that was begun before. */
  unfinished: boolean;
}

/** What an edit of this sample begins with: an unfinished one, else the current version, else what a model wrote. */
export function begin(body: SampleBody): Editing {
  const version = body.versions.find((each) => each.n === body.version) ?? body.versions.at(-1);
  const from: Values = { input: version?.input ?? null, output: version?.output ?? null };
  const { unfinished } = body;
  const start: Values = {
    input: unfinished?.input ?? from.input,
    output: unfinished?.output ?? from.output ?? written(version?.raw ?? null),
  };
  return { id: body.id, from, start, now: start, unfinished: unfinished !== null };
}

/** A model's answer that was refused is what a person repairs. */
function written(raw: string | null): unknown {
  if (raw === null) return null;
  try {
    return JSON.parse(raw);
  } catch {
    return raw; // not JSON: the words themselves
  }
}

/** What to send so that these values stand, or null when they stand already. */
export function argsOf(editing: Editing, to: Values = editing.now): EditArgs | null {
  const { id, from, unfinished } = editing;
  const args: EditArgs = { id };
  // What is left out stays as it is, also in an unfinished edit: so that one is sent whole.
  if (unfinished || !same(to.input, from.input)) args.input = to.input;
  if ((unfinished && to.output !== null) || !same(to.output, from.output)) args.output = to.output;
  return Object.keys(args).length > 1 ? args : null;
}

export function isChanged(editing: Editing): boolean {
  return !same(editing.now, editing.start);
}

/** Opens the focused sample for editing, as soon as it is here whole: in the detail pane, or over its row. */
export function openEdit(view: View, part?: keyof Values): void {
  const row = view.focusedRow;
  if (!row || isRefused(view)) return;
  const { bodies } = view.line;
  const here = view.narrow.value || view.alone ? undefined : part;
  if (view.narrow.value) view.pane.value = "sample";
  const whole = (focused: SampleRow) => bodies.of(focused);
  whenWhole(view, whole, (body) => {
    const open = view.editing.value;
    view.editing.value = { ...(open?.id === row.id ? open : begin(body)), here };
  });
}

/**
 * Closes the open edit. What was typed is never lost: it is stored, as a new version when it complies, else as an
 * unfinished edit. "discard" goes back to the current version. An edit that the kernel does not take is opened again.
 */
export async function leaveEdit(view: View, how: "save" | "leave" | "discard"): Promise<void> {
  const editing = view.editing.value;
  if (!editing) return;
  view.editing.value = null;
  const discard = how === "discard";
  const untouched = how === "leave" && !isChanged(editing);
  if (untouched || (discard && !editing.unfinished)) return;
  const args = argsOf(editing, discard ? editing.from : editing.now);
  if (!args || (await sendEdit(view, args, discard))) return;
  const { listing, editing: open } = view;
  const row = view.sampleOf(editing.id);
  if (!row || indexOf(listing.value, row.id) < 0 || open.value) return;
  view.moveTo(row);
  open.value = editing;
}

/** Takes back an unfinished edit: the current version stands again. */
export function discardUnfinished(view: View, body: SampleBody): void {
  const editing = begin(body);
  const args = argsOf(editing, editing.from);
  if (args) void sendEdit(view, args, true);
}

async function sendEdit(view: View, args: EditArgs, discard: boolean): Promise<boolean> {
  const mark = view.line.verdicts.put([args.id], "edit");
  const had = view.sampleOf(args.id);
  const answer = await send(view, "edit", args);
  if (!answer) {
    mark.refused([args.id]);
    return false;
  }
  mark.taken();
  const reason = refusals(answer.ok)[0]?.[1];
  if (reason !== undefined) view.toasts.say(`Edit left unfinished: ${reason}`, { undo: true, alert: true });
  else view.toasts.say(discard ? "Edit discarded" : said(view, args, had), { undo: true });
  return true;
}

function said(view: View, args: EditArgs, row: SampleRow | undefined): string {
  const older = args.input !== undefined && args.output === undefined && row?.output;
  return older ? view.keys.hint("remake", "Edited, the output is stale now") : "Edited";
}
