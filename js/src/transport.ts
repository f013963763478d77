import { signal } from "@preact/signals";
import { Bodies } from "./bodies";
import type { WireArgs, WireName } from "./commands.gen";
import { listen, type Model, onKernelEnd } from "./model";
import type { Notice, Reply, ToFront, ToKernel } from "./protocol.gen";
import { type News, Replica, type Schedule } from "./store";
import { Verdicts } from "./verdicts";

/** What is known of the line to the kernel. */
export type Line =
  | { state: "opening" }
  | { state: "open" }
  | { state: "back" }
  | { state: "busy"; queued: number }
  | { state: "silent"; queued: number }
  | { state: "gone"; lost: number };

/** A command that the kernel did not do, in words for a person. */
export class CommandError extends Error {
  readonly kind: string;

  constructor(message: string, kind: string) {
    super(message);
    this.kind = kind;
  }
}

const BUSY_AFTER = 1000;
const SILENT_AFTER = 30_000;
const BACK_FOR = 5000;
const RESYNC_AGAIN = 5000;
const HELLO_AGAIN = [3000, 12_000];
const REVISION_EVERY = 500;
const TICK = 250;

interface Sent {
  name: WireName;
  at: number;
  resolve: (value: unknown) => void;
  reject: (error: CommandError) => void;
}

/** The line to one model's kernel, with the replica that it keeps true. Shared by all views of the model. */
export class Connection {
  readonly replica: Replica;
  readonly bodies = new Bodies((ids) => this.#send({ t: "body", ids }));
  readonly verdicts = new Verdicts();
  readonly line = signal<Line>({ state: "opening" });
  readonly notices = new Set<(notice: Notice) => void>();

  readonly #model: Model;
  readonly #sent = new Map<string, Sent>();
  readonly #prefix = Math.random().toString(36).slice(2, 8);
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

  constructor(model: Model, until: AbortSignal, schedule?: Schedule) {
    this.#model = model;
    this.replica = new Replica(schedule);
    this.replica.listeners.add((news) => this.#hear(news));
    listen(model, "msg:custom", (message: never) => this.#receive(message as ToFront), until);
    onKernelEnd(model, () => this.#lose(), until);
    until.addEventListener("abort", () => {
      clearInterval(this.#ticking);
      clearTimeout(this.#revision);
    });
  }

  /** Says that a view is here, and which state it holds already. */
  hello(): void {
    const { epoch, rev } = this.replica;
    this.#asked ||= Date.now();
    this.#send({ t: "hello", epoch, rev });
    this.#tick();
  }

  /** Sends a command; the promise settles with the kernel's reply, or rejects when the kernel is gone. */
  cmd<Name extends WireName>(name: Name, args: WireArgs[Name]): Promise<unknown> {
    if (this.#gone) {
      const lost = this.line.value.state === "gone" ? this.line.value.lost : 0;
      this.line.value = { state: "gone", lost: lost + 1 };
      return Promise.reject(new CommandError("The kernel is gone. Run the cell again.", "gone"));
    }
    this.#number += 1;
    const rid = `${this.#prefix}-${this.#number}`;
    return new Promise((resolve, reject) => {
      this.#sent.set(rid, { name, at: Date.now(), resolve, reject });
      this.#send({ t: "cmd", rid, name, args: args as Record<string, unknown> });
      this.#tick();
    });
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
    if (this.#gone || this.line.value.state === "silent") this.#comeBack();
    switch (message.t) {
      case "snapshot":
        if (message.studio && message.epoch !== this.replica.epoch) {
          this.bodies.clear();
          this.verdicts.clear();
        }
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
    if (reply.error) sent.reject(new CommandError(reply.error.message, reply.error.kind));
    else sent.resolve(reply.ok);
  }

  #hear(news: News): void {
    this.verdicts.settle(news.touched);
    this.bodies.forget(news.remade);
    if (news.kept) this.#writeRevision();
  }

  #resync(): void {
    const now = Date.now();
    if (now - this.#resyncAt < RESYNC_AGAIN) return;
    this.#resyncAt = now;
    this.#send({ t: "resync", rev: this.replica.rev });
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

  #lose(): void {
    if (this.#gone) return;
    this.#gone = true;
    const actions = this.#actions();
    this.line.value = { state: "gone", lost: actions.length };
    const error = new CommandError("The kernel is gone. Run the cell again.", "gone");
    for (const sent of this.#sent.values()) sent.reject(error);
    this.#sent.clear();
    this.verdicts.clear();
  }

  #comeBack(): void {
    this.#gone = false;
    this.#backUntil = Date.now() + BACK_FOR;
    this.#tick();
  }

  #actions(): Sent[] {
    return [...this.#sent.values()].filter((sent) => sent.name !== "estimate");
  }

  #tick(): void {
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
    if (now - Math.max(oldest, this.#heard) > SILENT_AFTER) this.#say({ state: "silent", queued });
    else if (late) this.#say({ state: "busy", queued });
    else if (this.replica.rev === null) this.#say({ state: "opening" });
    else this.#say({ state: now < this.#backUntil ? "back" : "open" });
    this.#helloAgain(now);
    if (this.#sent.size === 0 && this.#asked === 0 && now >= this.#backUntil) {
      clearInterval(this.#ticking);
      this.#ticking = undefined;
    }
  }

  /** A host may drop messages while it still loads the widget, so an unanswered hello is said again. */
  #helloAgain(now: number): void {
    const wait = HELLO_AGAIN[this.#hellos];
    if (this.#asked === 0 || wait === undefined || now - this.#asked < wait) return;
    this.#hellos += 1;
    this.#send({ t: "hello", epoch: this.replica.epoch, rev: this.replica.rev });
  }

  #say(line: Line): void {
    const before = this.line.value;
    const same =
      before.state === line.state &&
      ("queued" in before ? before.queued : 0) === ("queued" in line ? line.queued : 0);
    if (!same) this.line.value = line;
  }
}
