import { signal } from "@preact/signals";
import { Bodies } from "./bodies";
import type { WireArgs, WireName } from "./commands.gen";
import { atEnd } from "./events";
import { kernelOf, listen, type Model, onKernelEnd } from "./model";
import type { EstimateView, Notice, Reply, Saved, Snapshot, ToFront, ToKernel } from "./protocol.gen";
import { type News, Replica, type Schedule } from "./store";
import { Making, type Rated, Verdicts } from "./verdicts";
import { token } from "./words";

/** What is known of the line to the kernel. */
export type Line =
  | { state: "opening" }
  | { state: "open" }
  | { state: "back" }
  | { state: "busy"; queued: number }
  | { state: "silent"; queued: number }
  | { state: "gone"; lost: number }
  /** No kernel answered, and this is what was saved. `kernel`: whether the host says that there is one. */
  | { state: "saved"; at: number; total: number; kernel: boolean };

/** Something that a person asked for. */
export interface Action {
  name: WireName;
  args: Record<string, unknown>;
}

/** Commands that only ask: no person waits for them to be done. */
const ASKS: ReadonlySet<WireName> = new Set<WireName>([
  "estimate",
  "estimate_repeat",
  "estimate_resume",
  "search",
  "check",
]);

/** A command that the kernel did not do, in words for a person. */
export class CommandError extends Error {
  readonly kind: string;
  /** What a person has to confirm before the kernel does it. */
  readonly estimate: EstimateView | undefined;

  constructor(message: string, kind: string, estimate?: EstimateView) {
    super(message);
    this.kind = kind;
    this.estimate = estimate;
  }
}

export const GONE = "The kernel is gone. Run the cell again.";
export const NO_ANSWER = "The kernel has not answered yet.";

const BUSY_AFTER = 1000;
const SILENT_AFTER = 30_000;
const BACK_FOR = 5000;
const RESYNC_AGAIN = 5000;
const HELLO_AGAIN = [3000, 12_000];
/** Epoch of what was saved. */
const SAVED = "saved";
const REVISION_EVERY = 500;
const TICK = 250;
const SAVED_AFTER = 3000;
const SAVE_AFTER = 4000;

interface Sent extends Action {
  at: number;
  resolve: (value: unknown) => void;
  reject: (error: CommandError) => void;
}

/** The line to one model's kernel, with the replica that it keeps true. Shared by all views of the model. */
export class Connection {
  readonly replica: Replica;
  readonly bodies = new Bodies((ids) => this.#send({ t: "body", ids }));
  readonly verdicts = new Verdicts();
  readonly ratings = new Verdicts<Rated>();
  readonly making = new Making();
  readonly line = signal<Line>({ state: "opening" });
  readonly notices = new Set<(notice: Notice) => void>();

  readonly #model: Model;
  readonly #until: AbortSignal;
  readonly #sent = new Map<string, Sent>();
  readonly #prefix = token();
  #number = 0;
  #heard = 0;
  #asked = 0;
  #gone = false;
  #backUntil = 0;
  #resyncAt = Number.NEGATIVE_INFINITY;
  #ticking: ReturnType<typeof setInterval> | undefined;
  #revision: ReturnType<typeof setTimeout> | undefined;
  #revisionAt = Number.NEGATIVE_INFINITY;
  #hellos = 0;
  #lost: Action[] = [];
  #saved: (Saved & { page: Snapshot }) | null = null;
  #saving: ReturnType<typeof setTimeout> | undefined;
  #savedPage = "";
  #saves = false;

  constructor(model: Model, until: AbortSignal, schedule?: Schedule) {
    this.#model = model;
    this.#until = until;
    this.replica = new Replica(schedule);
    this.replica.listeners.add((news) => this.#hear(news));
    listen(model, "msg:custom", (message: never) => this.#receive(message as ToFront), until);
    onKernelEnd(model, () => this.#lose(), until);
    atEnd(until, () => {
      clearInterval(this.#ticking);
      clearTimeout(this.#revision);
      clearTimeout(this.#saving);
    });
  }

  /** Says that a view is here, and which state it holds already. */
  hello(): void {
    this.#asked ||= Date.now();
    this.#greet();
    this.#tick();
  }

  #greet(): void {
    const { epoch, rev } = this.replica;
    this.#send({ t: "hello", epoch, rev });
  }

  /** Sends a command; the promise settles with the kernel's reply, or rejects when the kernel is gone. */
  cmd<Name extends WireName>(name: Name, args: WireArgs[Name]): Promise<unknown> {
    if (this.#gone) {
      if (!ASKS.has(name)) this.#lost.push({ name, args: args as Record<string, unknown> });
      if (!this.#saved) this.line.value = { state: "gone", lost: this.#lost.length };
      return Promise.reject(new CommandError(GONE, "gone"));
    }
    this.#number += 1;
    const rid = `${this.#prefix}-${this.#number}`;
    return new Promise((resolve, reject) => {
      const given = args as Record<string, unknown>;
      this.#sent.set(rid, { name, args: given, at: Date.now(), resolve, reject });
      this.#send({ t: "cmd", rid, name, args: given });
      this.#tick();
    });
  }

  /** What waits for the kernel, or was not done because it is gone, in the order in which it was asked for. */
  waiting(): readonly Action[] {
    return this.#gone ? this.#lost : this.#actions();
  }

  #send(message: ToKernel): void {
    try {
      this.#model.send(message);
    } catch {
      this.#lose(); // a disposed kernel connection throws; the status bar says it
    }
  }

  #receive(message: ToFront): void {
    this.#heard = Date.now();
    this.#asked = 0;
    this.#saved = null;
    if (this.#gone || this.line.value.state === "silent") this.#comeBack();
    switch (message.t) {
      case "snapshot":
        if (message.studio && message.epoch !== this.replica.epoch) {
          this.bodies.clear();
          this.#forgetPending();
          this.making.rows.clear();
        } else if (message.studio) this.bodies.doubt(); // it does not say what has changed
        this.#resyncAt = Number.NEGATIVE_INFINITY;
        if (this.replica.page(message) === "gap") this.#resync();
        break;
      case "delta": {
        const result = this.replica.delta(message);
        if (result === "gap") this.#resync();
        else if (result === "applied") this.#resyncAt = Number.NEGATIVE_INFINITY;
        break;
      }
      case "progress":
        this.replica.setProgress(message);
        break;
      case "reply":
        this.#settle(message);
        break;
      case "bodies":
        this.bodies.put(message.samples);
        break;
      case "saved":
        this.#save(message);
        break;
      case "notice":
        for (const notice of this.notices) notice(message);
        break;
    }
    this.#look();
  }

  #settle(reply: Reply): void {
    const sent = this.#sent.get(reply.rid);
    if (!sent) return; // another view's command, or one of before a reload
    this.#sent.delete(reply.rid);
    const { error, ok } = reply;
    if (error) sent.reject(new CommandError(error.message, error.kind, error.estimate));
    else sent.resolve(ok);
  }

  #hear(news: News): void {
    const told = [this.verdicts.heard(news.touched), this.ratings.heard(news.touched)];
    this.replica.whenShown(() => {
      for (const settle of told) settle();
    });
    this.bodies.doubt(news.touched);
    this.bodies.forget(news.remade);
    if (news.kept) this.#writeRevision();
    this.#saveSoon();
  }

  #resync(): void {
    const now = Date.now();
    if (now - this.#resyncAt < RESYNC_AGAIN) return;
    this.#resyncAt = now;
    // What was saved has no revision that a kernel knows.
    this.#send({ t: "resync", rev: this.replica.epoch === SAVED ? null : this.replica.rev });
  }

  /** Lets other cells of a reactive notebook know that the dataset is another one now. */
  #writeRevision(): void {
    if (this.#revision !== undefined) return;
    const wait = Math.max(0, this.#revisionAt + REVISION_EVERY - Date.now());
    this.#revision = setTimeout(() => {
      this.#revision = undefined;
      this.#revisionAt = Date.now();
      this.#model.set("revision", this.replica.rev ?? 0);
      this.#model.save_changes();
    }, wait);
  }

  /** Keeps what a notebook that is saved now would show later: when nothing has happened for some seconds. */
  #saveSoon(): void {
    clearTimeout(this.#saving);
    if (!kernelOf(this.#model)) return; // in a reactive notebook a trait that is written runs cells
    this.#saving = setTimeout(() => {
      this.#saves = !this.replica.studio.value?.read_only;
      if (this.#saves) this.#send({ t: "save" });
    }, SAVE_AFTER);
  }

  /** What another tab asked for is its own to write. */
  #save(saved: Saved): void {
    const page = JSON.stringify(saved.page);
    if (!this.#saves || page === this.#savedPage) return;
    this.#saves = false;
    this.#savedPage = page;
    this.#model.set("_snapshot", saved);
    this.#model.save_changes();
  }

  /** Shows what was saved, where no kernel ever answered. */
  #recall(): boolean {
    const saved = this.#model.get("_snapshot") as Partial<Saved> | null;
    if (this.#saved || this.replica.rev !== null || !isSaved(saved)) return false;
    this.#saved = saved;
    const status = kernelOf(this.#model)?.status;
    const kernel = status !== undefined && !["dead", "unknown"].includes(status);
    this.line.value = { state: "saved", at: saved.at, total: saved.total, kernel };
    this.replica.page(structuredClone(saved.page));
    return true;
  }

  #lose(): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#saving);
    this.#lost = this.#actions().map(({ name, args }) => ({ name, args }));
    if (!this.#recall()) this.line.value = { state: "gone", lost: this.#lost.length };
    const error = new CommandError(GONE, "gone");
    for (const sent of this.#sent.values()) sent.reject(error);
    this.#sent.clear();
    this.#forgetPending();
  }

  #forgetPending(): void {
    this.verdicts.clear();
    this.ratings.clear();
  }

  #comeBack(): void {
    this.#gone = false;
    this.#lost = [];
    this.#backUntil = Date.now() + BACK_FOR;
    this.#tick();
  }

  #actions(): Sent[] {
    return [...this.#sent.values()].filter((sent) => !ASKS.has(sent.name));
  }

  #tick(): void {
    if (this.#until.aborted) return; // what is sent at the end, as an open edit is, has nobody to tell
    this.#ticking ??= setInterval(() => this.#look(), TICK);
  }

  /** Says what the silence means, and stops looking when there is none. */
  #look(): void {
    if (this.#gone) return;
    const now = Date.now();
    const oldest = Math.min(...[...this.#sent.values()].map((sent) => sent.at), this.#asked || now);
    const actions = this.#actions();
    const queued = actions.length;
    const late = actions.some((sent) => now - sent.at >= BUSY_AFTER);
    if (this.#asked > 0 && now - this.#asked >= SAVED_AFTER) this.#recall();
    if (this.#saved) {
      this.#helloAgain(now);
      if (this.#hellos === HELLO_AGAIN.length) this.#rest();
      return;
    }
    if (now - Math.max(oldest, this.#heard) > SILENT_AFTER) this.#say({ state: "silent", queued });
    else if (late) this.#say({ state: "busy", queued });
    else if (this.replica.rev === null) this.#say({ state: "opening" });
    else this.#say({ state: now < this.#backUntil ? "back" : "open" });
    this.#helloAgain(now);
    if (this.#sent.size === 0 && this.#asked === 0 && now >= this.#backUntil) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  /** A host may drop messages while it still loads the widget, so an unanswered hello is said again. */
  #helloAgain(now: number): void {
    const wait = HELLO_AGAIN[this.#hellos];
    if (this.#asked === 0 || wait === undefined || now - this.#asked < wait) return;
    this.#hellos += 1;
    this.#greet();
  }

  #say(line: Line): void {
    const before = this.line.value;
    const same =
      before.state === line.state &&
      ("queued" in before ? before.queued : 0) === ("queued" in line ? line.queued : 0);
    if (!same) this.line.value = line;
  }
}

/** The trait may hold nothing, or what an older notebook saved. */
function isSaved(saved: Partial<Saved> | null): saved is Saved & { page: Snapshot } {
  return saved?.page?.t === "snapshot" && Array.isArray(saved.page.samples);
}
