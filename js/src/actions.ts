import { copyText } from "./clip";
import type { CommandName, Grow } from "./commands.gen";
import { compare, keepSide, otherVersion } from "./compare";
import { rate, remakable, remake } from "./curate";
import { leaveEdit, openEdit } from "./editing";
import { whenDrawn } from "./events";
import type { Where } from "./plan";
import type { SampleRow } from "./protocol.gen";
import { indexOf, isRow, nextUndecided, rowAt } from "./rows";
import { isRefused, refusal, refusals, send } from "./send";
import { named } from "./shown";
import { live, type Node } from "./topics";
import { isDecided } from "./verdicts";
import type { View } from "./view";
import { count, sentence, some } from "./words";

export { refusal, send } from "./send";

/** Verbs that decide about a sample's status. */
export type Decision = "keep" | "reject" | "restore" | "retry";

const DONE: Record<Decision, string> = {
  keep: "Kept",
  reject: "Rejected",
  restore: "Restored",
  retry: "Retrying",
};

/** What a verdict is about, and which of the given samples it leaves as they are. */
interface Judged {
  ids: readonly string[];
  left: readonly string[];
  /** Whether the kernel is to leave those, too, that were decided about meanwhile. */
  spares: boolean;
}

/** Of decided and undecided samples together, a verdict is about the undecided; of one kind alone, about all. */
export function judged(view: View, verb: Decision, ids: readonly string[]): Judged {
  const all = { ids, left: [], spares: false };
  if (ids.length < 2 || (verb !== "keep" && verb !== "reject")) return all;
  const undecided: string[] = [];
  const left: string[] = [];
  for (const id of ids) {
    const row = view.sampleOf(id);
    (row && isDecided(view.line.verdicts, row) ? left : undecided).push(id);
  }
  return undecided.length === 0 ? all : { ids: undecided, left, spares: true };
}

/** Whether a verdict would change one of these samples: what is kept already cannot be kept once more. */
function wouldChange(view: View, verb: Decision, ids: readonly string[]): boolean {
  return verb === "keep" ? ids.some((id) => view.sampleOf(id)?.status !== "kept") : ids.length > 0;
}

/** Gives a verdict on the selection, else on the sample in focus, and goes on to the next undecided one. */
export async function decide(
  view: View,
  verb: Decision,
  given: readonly string[] = view.targets(),
  reason?: string,
  { ids, left, spares }: Judged = judged(view, verb, given),
): Promise<void> {
  const no = ids.length === 0 ? "No sample is selected." : refusal(view);
  if (no) {
    view.toasts.warn(no);
    return;
  }
  const focused = view.focusedRow;
  const own = given.length === 1 && focused?.id === given[0] ? focused : null;
  const mark = view.line.verdicts.put(ids, verb);
  if (own && verb !== "restore" && view.advances.value) advance(view);
  const stood = view.focus.value; // who goes on from here is not led back
  const selected = view.selection.value;
  if (selected.size > 0 && given.every((id) => selected.has(id))) view.select([]);
  const args = { ids: [...ids], ...(reason && { reason }), ...(spares && { only_undecided: true }) };
  const answer = await send(view, verb, args);
  if (!answer) {
    mark.refused(ids);
    if (own && view.focus.value === stood) view.focus.value = own.id;
    return;
  }
  mark.taken();
  const refused = verb === "keep" || spares ? refusals(answer.ok) : [];
  mark.refused(refused.map(([id]) => id));
  const done = ids.length - refused.length;
  const why = refused[0]?.[1];
  const said = `${DONE[verb]} ${done}${reason ? `: ${named(reason)}` : ""}`;
  const but = left.length > 0 ? ` · ${count(left.length)} decided left` : "";
  const all = { ids: left, left: [], spares: false };
  const include = wouldChange(view, verb, left) ? () => decide(view, verb, left, reason, all) : null;
  if (why === undefined) view.toasts.say(said + but, { undo: verb !== "retry", include });
  else if (given.length === 1) {
    view.toasts.warn(`Not kept: ${why}`);
    if (own && view.focus.value === stood) view.moveTo(own);
  } else {
    const not = `${DONE[verb]} ${done}, not ${refused.length}: ${named(why)}`;
    view.toasts.say(not + but, { undo: done > 0, alert: true, include });
  }
}

function advance(view: View): void {
  const listing = view.listing.value;
  const index = view.focused.value?.index ?? -1;
  const next = nextUndecided(listing, index, view.facet.value, (id) => view.line.verdicts.decides(id));
  view.moveTo(next);
}

async function step(view: View, name: "undo" | "redo"): Promise<void> {
  view.turnedAt = view.focus.value;
  const answer = await send(view, name, {});
  if (!answer) return;
  const { replica, toasts } = view;
  const [done, back] = name === "undo" ? (["Undone", "redo"] as const) : (["Done again", "undo"] as const);
  // What was turned is what the other one would turn back now.
  toasts.say(answer.ok ? `${done}: ${replica.studio.value?.[back]}` : `Nothing to ${name}`);
  const { sample } = (answer.ok ?? {}) as { sample?: string }; // where it happened
  replica.whenShown(() => {
    const row = view.sampleOf(sample);
    if (!row || indexOf(view.listing.value, row.id) < 0) return;
    if (view.focus.value !== view.turnedAt) return; // the person went on while the kernel turned it
    view.moveTo(row);
    view.turnedAt = row.id;
  });
}

export async function grow(view: View, args: Grow): Promise<void> {
  view.toasts.close(); // what was said before has nothing to do with what runs now
  if ((await send(view, "grow", args)) && view.open.value === "generate") view.goBack();
}

/** The chosen topic, if it can be another one's or be no more: the root is always there. */
function ownTopic(view: View): Node | null {
  const node = view.node();
  if (isRefused(view)) return null;
  if (node && node.parent !== null) return node;
  view.toasts.say("Choose a topic first.");
  return null;
}

/** Begins to look for the topic below which, or into which, the chosen one is to go. */
function liftTopic(view: View, merges: boolean): void {
  const node = ownTopic(view);
  if (node) view.lifted.value = { node, merges };
  view.focusOn("tree");
}

/** Puts the topic that is held below this one, or into it. */
export async function placeTopic(view: View, into = view.node()): Promise<void> {
  const lifted = view.lifted.value;
  view.lifted.value = null;
  view.focusOn("tree");
  if (!lifted || !into) return;
  const { node, merges } = lifted;
  if (
    !(await send(view, merges ? "merge_topic" : "move_topic", { path: [...node.path], to: [...into.path] }))
  )
    return;
  view.fold(into.id, false);
  view.pickTopic(merges ? into.id : node.id);
  view.toasts.say(`${merges ? "Merged" : "Moved"} “${named(node.name)}”`, { undo: true });
}

export async function addTopics(view: View, paths: string[][]): Promise<void> {
  if (paths.length === 0) return;
  const answer = await send(view, "add_topics", { paths });
  if (answer) view.toasts.say(`Added ${some(paths.length, "topic")}`, { undo: true });
}

export async function renameTopic(view: View, path: string[], name: string): Promise<void> {
  if (name && name !== path.at(-1)) await send(view, "rename_topic", { path, name });
}

/** Removes the topic at which the tree stands, and says how many kept samples went with it. */
export async function removeTopic(view: View): Promise<void> {
  const node = ownTopic(view);
  if (!node) return;
  const totals = view.totals.value.get(node.id);
  const answer = await send(view, "remove_topic", { path: [...node.path] });
  if (!answer) return;
  view.pickTopic(node.parent);
  const held = totals && live(totals) > 0 ? ` with ${some(totals.kept, "kept sample")}` : "";
  view.toasts.say(`Removed “${named(node.name)}”${held}`, { undo: true });
}

/** Opens the place to type a topic's name: a new one below the chosen topic, or this one's. */
export function nameTopic(view: View, kind: "add" | "rename"): void {
  const node = kind === "add" ? view.node() : ownTopic(view);
  if (!node || isRefused(view)) return;
  if (kind === "add") view.fold(node.id, false);
  if (view.narrow.value) view.pane.value = "topics";
  view.naming.value = { kind, topic: node.id };
}

/** Brings the next unseen row into focus: below what is shown, else above it. */
export function goToNewest(view: View): void {
  const listing = view.listing.value;
  const from = view.focused.value?.index ?? -1;
  const unseen = (at: number) => {
    const item = listing.items[at];
    return isRow(item) && view.fresh.unseen(item.id) ? item : null;
  };
  for (let step = 1; step <= listing.items.length; step += 1) {
    const row = unseen((from + step) % listing.items.length);
    if (!row) continue;
    view.focus.value = row.id;
    view.reveal(row.id, "start");
    return;
  }
}

function extend(view: View, steps: number): void {
  if (view.selection.value.size === 0) view.anchor = view.focus.value;
  const row = rowAt(view.listing.value, view.focused.value?.index ?? -1, steps);
  if (!row) return;
  view.moveTo(row);
  view.selectTo(row.id);
}

const ACTIONS: Partial<Record<CommandName, (view: View, chord: string) => unknown>> = {
  keep: (view) => decide(view, "keep"),
  reject: (view) => decide(view, "reject"),
  reject_because: (view) => view.toggleOpen("reasons"),
  include: (view) => view.toasts.last?.include?.(),
  restore: (view) => decide(view, "restore"),
  retry: (view) => retry(view),
  edit: (view) => openEdit(view),
  edit_here: (view) => openEdit(view, "output"),
  regenerate: (view) => makeAnew(view, () => view.toggleOpen("regenerate")),
  remake: (view) => makeAnew(view, (whole) => remake(view, whole)),
  rate: (view, chord) => rate(view, starsBy(view, chord)),
  stars: (view) => nextStars(view),
  compare: (view) => compare(view),
  decline: (view) => keepSide(view, 0),
  accept: (view) => keepSide(view, 1),
  left_version: (view, chord) => otherVersion(view, 0, chord),
  right_version: (view, chord) => otherVersion(view, 1, chord),
  skip: (view) => advanceOrNext(view),
  auto_advance: (view) => switchAdvance(view),
  density: (view) => switchDensity(view),
  copy: (view, chord) => !(chord && String(getSelection())) && copy(view, "tsv", "a table"),
  copy_json: (view) => copy(view, "json", "JSON"),
  copy_python: (view) => copy(view, "python", "Python"),
  undo: (view) => step(view, "undo"),
  redo: (view) => step(view, "redo"),
  next: (view) => view.move(1),
  previous: (view) => view.move(-1),
  page_down: (view) => view.move(view.pageRows()),
  page_up: (view) => view.move(-view.pageRows()),
  first: (view) => view.moveTo(rowAt(view.listing.value, -1, 1)),
  last: (view) => view.moveTo(rowAt(view.listing.value, view.listing.value.items.length, -1)),
  select: (view) => view.focus.value && view.toggle(view.focus.value),
  select_down: (view) => extend(view, 1),
  select_up: (view) => extend(view, -1),
  select_all: (view) => view.select(view.listing.value.items.filter(isRow).map((row) => row.id)),
  newest: (view) => goToNewest(view),
  find: (view) => find(view),
  filter: (view) => view.toggleOpen("filter"),
  unfilter: (view) => view.uncut(),
  sort: (view) => view.toggleOpen("sort"),
  columns: (view) => view.toggleOpen("columns"),
  tree: (view) => view.focusOn("tree"),
  generate: (view) => openGenerate(view),
  pause: (view) => send(view, "pause", { job: null, on: view.running.value.some((job) => !job.paused) }),
  cancel: (view) => send(view, "cancel", { job: null }),
  resume: (view) => send(view, "resume", {}),
  add_topics: (view) => nameTopic(view, "add"),
  rename_topic: (view) => nameTopic(view, "rename"),
  remove_topic: (view) => removeTopic(view),
  move_topic: (view) => liftTopic(view, false),
  merge_topic: (view) => liftTopic(view, true),
  set_topic: (view) => view.toggleOpen("topic"),
  set_budget: (view) => view.toggleOpen("budget"),
  set_model: (view) => view.toggleOpen("model"),
  set_guidance: (view) => view.toggleOpen("guidance"),
  export: (view) => view.toggleOpen("export"),
  jobs: (view) => view.toggleOpen("jobs"),
  generate_outputs: (view) => generateOutputs(view),
  palette: (view) => view.toggleOpen("palette"),
  help: (view) => view.toggleOpen("help"),
};

/** Why a command cannot be given now, or null. */
export function cannot(view: View, name: CommandName): string | null {
  const { studio, jobs } = view.replica;
  const { many, changes, pane } = view.keys.named(name) ?? {};
  const topic = view.at.value;
  const runs = !view.idle;
  /** What must be there for it to have something to do. */
  const there: Partial<Record<CommandName, unknown>> = {
    undo: studio.value?.undo,
    redo: studio.value?.redo,
    include: view.toasts.last?.include,
    pause: runs,
    cancel: runs,
    resume: [...jobs.values()].some((job) => job.owed > 0),
    rename_topic: topic,
    move_topic: topic,
    merge_topic: topic,
    remove_topic: topic,
  };
  const no = changes && refusal(view);
  if (no) return no;
  if (pane === "diff") return view.comparing.value ? null : "only while versions are compared";
  const holds = many ? view.targets()[0] : name in there ? there[name] : true;
  return holds ? null : `nothing to ${name.split("_")[0]}`;
}

/** How a command that switches something stands: "on", "off", or nothing. */
export function stateOf(view: View, name: string): string {
  const stands: Record<string, boolean> = {
    auto_advance: view.advances.value,
    density: view.density.value === "focus",
  };
  return name in stands ? (stands[name] ? "on" : "off") : "";
}

/** Copies the selection, else the sample in focus, as the kernel writes it down. A file that is held can be read. */
async function copy(view: View, format: "tsv" | "json" | "python", as: string): Promise<void> {
  const ids = view.targets();
  const no = cannot(view, "copy") ?? refusal(view, true);
  if (no) view.toasts.warn(sentence(no));
  else {
    await view.line.cmd("copy", { ids, format }).then(
      (text) => copyText(view, text as string, `${some(ids.length, "sample")} as ${as}`),
      (error: Error) => view.toasts.warn(error.message),
    );
  }
}

/** The last of the keys that rate takes the stars back. */
function starsBy(view: View, chord: string): number | null {
  const keys = view.keys.named("rate")?.keys ?? [];
  return (keys.indexOf(chord) + 1) % keys.length || null;
}

/** What a key or a button of this name does; false when this view does nothing by that name. */
export function run(view: View, name: CommandName, chord = ""): boolean {
  const action = ACTIONS[name];
  return action !== undefined && action(view, chord) !== false;
}

function switchAdvance(view: View): void {
  view.advances.value = !view.advances.value;
  view.toasts.say(`Auto-advance is ${stateOf(view, "auto_advance")}`);
}

/** In a narrow column the panes are what one sample at a time is elsewhere. */
function switchDensity(view: View): void {
  if (view.editing.value) void leaveEdit(view, "leave"); // it may stand on a row
  if (view.narrow.value) view.pane.value = view.pane.value === "sample" ? "samples" : "sample";
  else view.density.value = view.density.value === "focus" ? "grid" : "focus";
  whenDrawn(() => view.focusOn("grid")); // it is hidden until then
}

/** Sends pending samples to the model: these, or all there are. */
export async function generateOutputs(view: View, ids: string[] | null = null): Promise<void> {
  view.toasts.close();
  if ((await send(view, "generate_outputs", { ids })) && view.open.value === "generate") view.goBack();
}

/** The field has the keys at once where it can: letters typed after "/" are words, not verdicts. */
function find(view: View): void {
  if (view.narrow.value) view.pane.value = "samples";
  const field = view.root.querySelector<HTMLElement>(".sw-find");
  if (field?.offsetParent) field.focus();
  else whenDrawn(() => field?.focus());
}

/** Outputs are made again only for samples that have none that holds. */
async function retry(view: View): Promise<void> {
  const { open } = remakable(view);
  if (open.length > 0) await retryRows(view, open);
  else view.toasts.say("Only failed and pending samples can be retried.");
}

function retryRows(view: View, rows: readonly SampleRow[]): Promise<void> {
  const ids = rows.map((row) => row.id);
  return decide(view, "retry", ids);
}

/** R: samples that have an output are made anew; where none has one, they are tried again. */
function makeAnew(view: View, anew: (whole: SampleRow[]) => unknown): void {
  const { whole, open } = remakable(view);
  if (whole.length > 0) {
    if (!isRefused(view)) anew(whole);
  } else if (open.length > 0) void retryRows(view, open);
}

/** Goes to the stars of the first requirement, then of the next one; where there are none, to the overall ones. */
function nextStars(view: View): void {
  if (view.narrow.value) view.pane.value = "sample";
  // Drawn by then, and no key comes before: the next one are stars already.
  queueMicrotask(() => {
    const sets = [...view.root.querySelectorAll(".sw-detail [role=radiogroup]")];
    const at = sets.findIndex((set) => set.matches(":focus-within"));
    const next = sets[(at < 0 ? 1 : at + 1) % sets.length];
    next?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  });
}

function advanceOrNext(view: View): void {
  const before = view.focus.value;
  advance(view);
  if (view.focus.value === before) view.move(1);
}

export function openGenerate(view: View, where: Where = ""): void {
  if (isRefused(view)) return;
  view.where = where;
  if (view.sendFirst) view.sendFirst();
  else view.toggleOpen("generate");
}
