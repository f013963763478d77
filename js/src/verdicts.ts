import { signal } from "@preact/signals";

export type Verb = "keep" | "reject" | "restore" | "retry";

interface Entry {
  verb: Verb;
  at: number;
}

/** How long a verdict that the kernel took is shown while its delta has not come. */
const GRACE = 1500;

/** Verdicts on their way to the kernel: the rows show them at once, and lose them when the truth has come. */
export class Verdicts {
  /** Rises when an entry came or went. */
  readonly at = signal(0);
  readonly #entries = new Map<string, Entry>();

  of(id: string): Verb | null {
    return this.#entries.get(id)?.verb ?? null;
  }

  /** Whether the row's new status is known before the kernel says it. */
  decides(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Returns what takes these entries back, at once or a little later, when their delta is late. */
  put(ids: readonly string[], verb: Verb): { refused: (ids: readonly string[]) => void; taken: () => void } {
    const entry: Entry = { verb, at: Date.now() };
    for (const id of ids) this.#entries.set(id, entry);
    this.at.value += 1;
    const drop = (which: readonly string[]) => {
      let dropped = false;
      for (const id of which) {
        if (this.#entries.get(id) === entry) dropped = this.#entries.delete(id) || dropped;
      }
      if (dropped) this.at.value += 1;
    };
    return { refused: drop, taken: () => void setTimeout(() => drop(ids), GRACE) };
  }

  /** Rows that the kernel has spoken about. */
  settle(ids: readonly string[]): void {
    if (this.#entries.size === 0) return;
    let dropped = false;
    for (const id of ids) dropped = this.#entries.delete(id) || dropped;
    if (dropped) this.at.value += 1;
  }

  clear(): void {
    this.#entries.clear();
    this.at.value += 1;
  }
}
