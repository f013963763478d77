import { computed, signal } from "@preact/signals";
import { Finder, fold, wordsIn } from "./find";
import type { Found, SampleRow } from "./protocol.gen";
import type { Wanted } from "./rows";
import type { Node } from "./topics";
import type { Connection } from "./transport";

/** The kernel looks through the whole texts when typing has paused. */
const PAUSE = 250;
const LONGEST = 1000;
/** With more rows than these the list follows when a key is not followed at once by the next. */
const MANY = 20_000;
const KEYS = 90;

/** What a view looks for: found at once in the heads that it holds, in whole texts when the kernel answers. */
export class Looking {
  /** What stands in the field. */
  readonly typed = signal("");
  /** What the list shows. */
  readonly text = signal("");
  readonly words = computed(() => wordsIn(this.text.value));
  /** What the kernel found, null while it has not answered. */
  readonly full = signal<{ ids: ReadonlySet<string>; more: boolean } | null>(null);
  /** Rows of the listing that only the kernel found. */
  beyond = new Set<string>();
  readonly #line: Connection;
  readonly #finder = new Finder();
  readonly #paths = new WeakMap<Node, string>();
  #pause: ReturnType<typeof setTimeout> | undefined;
  #keys: ReturnType<typeof setTimeout> | undefined;

  constructor(line: Connection) {
    this.#line = line;
  }

  for(text: string): void {
    clearTimeout(this.#keys);
    this.typed.value = text.slice(0, LONGEST);
    if (text === "" || this.#line.replica.samples.all.size < MANY) this.#look();
    else this.#keys = setTimeout(() => this.#look(), KEYS);
  }

  #look(): void {
    clearTimeout(this.#pause);
    this.full.value = null;
    this.text.value = this.typed.value;
    if (this.words.value.length > 0) this.#pause = setTimeout(() => this.#ask(this.text.value), PAUSE);
  }

  /** Which rows are wanted, or null for all. */
  wanted(): Wanted | null {
    const words = this.words.value;
    const full = this.full.value?.ids;
    this.beyond = new Set();
    if (words.length === 0) return null;
    const { beyond } = this;
    this.#finder.ask(words);
    return (node) => {
      const path = this.#path(node);
      const open = words.filter((word) => !path.includes(word));
      return (row) => {
        if (this.#finder.finds(row, open)) return true;
        if (!full?.has(row.id)) return false;
        beyond.add(row.id);
        return true;
      };
    };
  }

  /** Prepares for words to come. */
  warm(rows: Iterable<SampleRow>): void {
    this.#finder.warm(rows);
  }

  #path(node: Node): string {
    const known = this.#paths.get(node);
    if (known !== undefined) return known;
    const path = fold(node.path.join("\n"));
    this.#paths.set(node, path);
    return path;
  }

  #ask(text: string): void {
    const take = (answer: unknown) => {
      if (text !== this.text.value) return;
      const { ids = [], more = false } = (answer ?? {}) as Partial<Found>;
      this.full.value = { ids: new Set(ids), more };
    };
    this.#line.cmd("search", { text }).then(take, () => undefined);
  }
}
