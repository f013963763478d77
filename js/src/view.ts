import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Editing } from "./editing";
import { atEnd, focus, whenDrawn } from "./events";
import { type Order, ordering, type Picked, passing, SORTS, STANDARD } from "./fields";
import { Fresh } from "./fresh";
import { Keys } from "./keys";
import { Looking } from "./looking";
import { listen, type Model } from "./model";
import type { Comparing, Lifted, Naming, NarrowPane, Popover, Question } from "./parts";
import type { Where } from "./plan";
import type { JobRow, SampleRow } from "./protocol.gen";
import { type Facet, indexOf, isRow, type Listing, list, rowAt, type Wanted } from "./rows";
import type { News, Replica } from "./store";
import { Toasts } from "./toast";
import { inOrder, type Node, rollUp, type Totals } from "./topics";
import type { Connection } from "./transport";
import { token } from "./words";

const SELECTED_AFTER = 250;
/** Ids that the trait `selected_ids` holds at most: some hosts send all traits whenever one changes. */
export const TOLD = 5000;

/** What one view shows of the replica: its own focus, filter, selection and open parts. */
export class View {
  readonly line: Connection;
  readonly replica: Replica;
  readonly model: Model;
  readonly root: HTMLElement;
  /** Begins the ids of this view's elements. */
  readonly prefix = token();

  readonly facet = signal<Facet>("all");
  /** The topic whose subtree is shown; the root's id or null for all. */
  readonly topic = signal<string | null>(null);
  /** What is picked of the other facets. */
  readonly picked = signal<Picked>({});
  /** The field that the list is sorted by, with a minus for the highest first; none: by topic. */
  readonly sort = signal("");
  readonly columns = signal(STANDARD);
  /** Widths that a person gave to columns. */
  readonly widths = signal<Readonly<Record<string, number>>>({});
  readonly focus = signal<string | null>(null);
  readonly selection = signal<ReadonlySet<string>>(new Set());
  readonly folded = signal<ReadonlySet<string>>(new Set());
  readonly open = signal<Popover | null>(null);
  /** What is asked over everything else, what is open included. */
  readonly question = signal<Question | null>(null);
  readonly editing = signal<Editing | null>(null);
  /** Which versions stand side by side, over grid and detail: of the sample in focus, if none were chosen. */
  readonly comparing = signal<Comparing | null>(null);
  /** Whether samples stand in rows, or one at a time. */
  readonly density = signal<"grid" | "focus">("grid");
  /** Whether a verdict leads on to the next undecided sample. */
  readonly advances = signal(true);
  readonly naming = signal<Naming | null>(null);
  /** A topic for which another one is being chosen, to go below it or into it. */
  readonly lifted = signal<Lifted | null>(null);
  /** Where a topic hangs while it is dragged. */
  readonly over = signal<string | null>(null);
  readonly pane = signal<NarrowPane>("samples");
  readonly narrow = signal(false);
  /** Letters that surely fit into a line of a card. */
  readonly letters = signal(50);
  readonly ended = signal<JobRow | null>(null);
  readonly dismissed = signal<ReadonlySet<string>>(new Set());
  readonly toasts = new Toasts();
  readonly fresh = new Fresh();
  readonly looking: Looking;
  readonly keys: Keys;

  readonly nodes: ReadonlySignal<readonly Node[]>;
  readonly totals: ReadonlySignal<ReadonlyMap<string, Totals>>;
  readonly at: ReadonlySignal<number>;
  readonly listing: ReadonlySignal<Listing>;
  readonly focused: ReadonlySignal<{ row: SampleRow; index: number } | null>;
  readonly running: ReadonlySignal<readonly JobRow[]>;
  /** How many of the selected samples the filter hides. */
  readonly unlisted: ReadonlySignal<number>;
  /** The selected samples, when none of them has an output yet. */
  readonly pendingSelected: ReadonlySignal<readonly string[]>;

  /** The part that had the keys when a popover opened. */
  from: "grid" | "tree" = "grid";
  /** Where a range of selected rows began. */
  anchor: string | null = null;
  /** What the next plan begins with, if not with all leaves. */
  where: Where = "";
  /** Where the focus stood when undo or redo was asked for: its answer moves nobody who went on since. */
  turnedAt: string | null = null;
  /** Set by the empty state, where G sends what stands there. */
  sendFirst: (() => void) | null = null;
  /** Set by the grid: brings a row into sight. */
  reveal: (id: string, where?: "nearest" | "start") => void = () => undefined;
  /** Set by the grid: how many rows fit, for Page Up and Page Down. */
  pageRows = () => 5;

  constructor(line: Connection, model: Model, root: HTMLElement, until: AbortSignal) {
    this.line = line;
    this.replica = line.replica;
    this.model = model;
    this.root = root;
    this.looking = new Looking(line);
    this.keys = new Keys(model, until);
    const { replica } = line;

    this.nodes = computed(() => {
      replica.topicsAt.value;
      return inOrder(replica.topics.values(), replica.places);
    });
    this.totals = computed(() => {
      replica.samplesAt.value;
      return rollUp(this.nodes.value, (id) => replica.samples.counts(id));
    });
    this.at = computed(() => {
      const id = this.topic.value;
      const at = id === null ? 0 : this.nodes.value.findIndex((node) => node.id === id);
      return Math.max(0, at);
    });
    const order = computed(() => ordering(this.sort.value));
    this.listing = computed(() => {
      replica.samplesAt.value;
      return this.listed(this.wanted(), order.value);
    });
    this.pendingSelected = computed(() => {
      replica.samplesAt.value;
      const ids = [...this.selection.value];
      return ids.every((id) => this.sampleOf(id)?.status === "pending") ? ids : [];
    });
    this.unlisted = computed(() => {
      const selection = this.selection.value;
      if (selection.size === 0 || !this.cut) return 0;
      return this.listing.value.items.reduce(
        (left, item) => left - (isRow(item) && selection.has(item.id) ? 1 : 0),
        selection.size,
      );
    });
    this.focused = computed(() => {
      const listing = this.listing.value;
      const index = indexOf(listing, this.focus.value, this.#lastIndex);
      const item = listing.items[index];
      return isRow(item) ? { row: item, index } : null;
    });
    this.running = computed(() => {
      replica.jobsAt.value;
      return [...replica.jobs.values()].filter((job) => job.status === "running");
    });

    const news = (each: News) => this.#hear(each);
    const notice = (each: { text: string; level: string }) =>
      this.toasts.say(each.text, { alert: each.level === "error" });
    replica.listeners.add(news);
    line.notices.add(notice);
    const stops = [
      effect(() => this.#keepFocus()),
      effect(() => this.#tellSelection()),
      () => replica.listeners.delete(news),
      () => line.notices.delete(notice),
      () => this.toasts.close(),
      () => this.question.value?.answer(false),
    ];
    atEnd(until, () => {
      for (const stop of stops) stop();
    });
  }

  /** Listens to a trait for as long as the view lasts. */
  onTrait(name: string, changed: () => void, until: AbortSignal): void {
    listen(this.model, `change:${name}`, changed, until);
  }

  /** A sample of the replica, by its id. */
  sampleOf(id: string | undefined): SampleRow | undefined {
    return this.replica.samples.all.get(id ?? "");
  }

  /** The sample in focus. */
  get focusedRow(): SampleRow | undefined {
    return this.focused.value?.row;
  }

  /** Whether no job runs. */
  get idle(): boolean {
    return this.running.value.length === 0;
  }

  /** Whether one sample has the room of all rows. A narrow column shows one pane at a time anyway. */
  get alone(): boolean {
    return this.density.value === "focus" && !this.narrow.value && this.focused.value !== null;
  }

  node(): Node | undefined {
    return this.nodes.value[this.at.value];
  }

  nodeOf(id: string | null): Node | undefined {
    return this.nodes.value.find((node) => node.id === id);
  }

  /** Which rows hold the words and have what is picked, or null for all. */
  wanted(): Wanted | null {
    const passes = passing(this.picked.value);
    const looked = this.looking.wanted();
    if (!passes) return looked;
    return (node) => {
      const holds = looked?.(node);
      return (row) => passes(row) && (!holds || holds(row));
    };
  }

  /** What the grid would show of the wanted rows, of the chosen topic and status unless others are named. */
  listed(
    wanted: Wanted | null,
    order: Order | null = null,
    at = this.at.value,
    facet = this.facet.value,
  ): Listing {
    const nodes = this.nodes.value;
    return list(nodes, at, nodes[at]?.end ?? 0, this.replica.samples, facet, wanted, order);
  }

  /** Whether a filter cuts the list. */
  get cut(): boolean {
    return (
      this.facet.value !== "all" ||
      this.at.value > 0 ||
      this.looking.text.value !== "" ||
      passing(this.picked.value) !== null
    );
  }

  /** Shows all samples again. */
  uncut(): void {
    batch(() => {
      this.facet.value = "all";
      this.topic.value = null;
      this.picked.value = {};
      this.looking.for("");
    });
  }

  moveTo(row: SampleRow | null): void {
    if (!row) return;
    this.focus.value = row.id;
    this.reveal(row.id);
  }

  move(steps: number): void {
    const { focused } = this;
    this.moveTo(rowAt(this.listing.value, focused.value?.index ?? -1, steps));
  }

  /** Picks a value of a facet, or drops it. */
  pick(facet: string, value: string): void {
    const { picked } = this;
    const values = picked.value[facet] ?? [];
    const others = values.filter((each) => each !== value);
    picked.value = { ...picked.value, [facet]: others.length < values.length ? others : [...values, value] };
  }

  /** Sorts by a field, the highest first, and the other way when it is pressed again; by topic where it is none. */
  sortBy(field: string): void {
    this.sort.value = SORTS.includes(field) ? (this.sort.value === `-${field}` ? field : `-${field}`) : "";
    this.moveTo(rowAt(this.listing.value, -1, 1));
  }

  show(facet: Facet): void {
    this.facet.value = facet;
    this.pane.value = "samples";
  }

  pickTopic(id: string | null): void {
    this.topic.value = id;
  }

  /** Folds a topic, or unfolds it. */
  fold(id: string, shut = !this.folded.value.has(id)): void {
    const next = new Set(this.folded.value);
    next[shut ? "add" : "delete"](id);
    this.folded.value = next;
  }

  select(ids: Iterable<string>): void {
    this.selection.value = new Set(ids);
  }

  toggle(id: string): void {
    const next = new Set(this.selection.value);
    if (!next.delete(id)) next.add(id);
    this.anchor = id;
    this.selection.value = next;
  }

  /** Selects the rows from the anchor to this one. */
  selectTo(id: string): void {
    const listing = this.listing.value;
    const from = indexOf(listing, this.anchor ?? this.focus.value);
    const to = indexOf(listing, id);
    if (to < 0) return;
    this.anchor ??= this.focus.value;
    const [low, high] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    const rows = listing.items.slice(low, high + 1).filter(isRow);
    this.select(rows.map((row) => row.id));
  }

  /** The samples that a verb acts on: the selected ones, or the one in focus. */
  targets(): string[] {
    const { selection, focused } = this;
    if (selection.value.size > 0) return [...selection.value];
    return focused.value ? [focused.value.row.id] : [];
  }

  /** Gives the keys to a part. Where one pane is shown at a time, a person at a sample stays there. */
  focusOn(part: "grid" | "tree"): void {
    const over = part === "grid" && this.comparing.value;
    const one = this.alone || (this.narrow.value && this.pane.value === "sample");
    const stays = part === "grid" && one;
    const grid = over ? ".sw-diff" : stays ? ".sw-pane--detail" : ".sw-grid";
    const find = () => this.root.querySelector<HTMLElement>(part === "grid" ? grid : ".sw-tree");
    if (this.narrow.value && !stays) this.pane.value = part === "grid" ? "samples" : "topics";
    if (find()?.offsetParent) focus(find());
    else whenDrawn(() => focus(find() ?? this.root));
  }

  close(): void {
    this.open.value = null;
  }

  /** Opens a popover, or closes it. */
  toggleOpen(popover: Popover): void {
    const { open } = this;
    if (!open.value) this.from = this.root.querySelector(".sw-pane--tree:focus-within") ? "tree" : "grid";
    open.value = open.value === popover ? null : popover;
  }

  /** Closes what is open and goes back to where it was opened from. */
  goBack(): void {
    this.close();
    this.focusOn(this.from);
  }

  #hear(news: News): void {
    this.fresh.add(news.added);
    for (const job of news.ended) if (job.note || job.status !== "done") this.ended.value = job;
    if (this.selection.value.size > 0) {
      const { all } = this.replica.samples;
      const gone = news.touched.some((id) => this.selection.value.has(id) && !all.has(id));
      if (gone) this.select([...this.selection.value].filter((id) => all.has(id)));
    }
    this.fresh.forget(news.touched.filter((id) => !this.replica.samples.all.has(id)));
  }

  /** Something is always in focus while there are rows: the one before, else the nearest. */
  #lastIndex = 0;
  #keepFocus(): void {
    const listing = this.listing.value;
    const focused = this.focused.value;
    if (focused) {
      this.#lastIndex = focused.index;
      return;
    }
    const loading = this.replica.loaded.value < 1 && this.focus.value !== null; // its row may be still to come
    if (loading || listing.rows === 0) return;
    const at = Math.min(this.#lastIndex, listing.items.length - 1);
    const near = rowAt(listing, at - 1, 1) ?? rowAt(listing, at + 1, -1);
    if (near) this.focus.value = near.id;
  }

  #telling: ReturnType<typeof setTimeout> | undefined;
  #told = true;
  #tellSelection(): void {
    const ids = [...this.selection.value].slice(0, TOLD);
    if (this.#told) {
      this.#told = false; // the first run is the empty selection that the trait has already
      return;
    }
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => {
      this.model.set("selected_ids", ids);
      this.model.save_changes();
    }, SELECTED_AFTER);
  }
}
