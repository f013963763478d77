import { signal } from "@preact/signals";

const MARKED_FOR = 2400;

/** Rows that came while the person was here: marked until they were seen for a moment. */
export class Fresh {
  /** Rises when a row came or was seen. */
  readonly at = signal(0);
  readonly #unseen = new Set<string>();
  readonly #fading = new Set<string>();

  add(ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const id of ids) this.#unseen.add(id);
    this.at.value += 1;
  }

  has(id: string): boolean {
    return this.#unseen.has(id) || this.#fading.has(id);
  }

  unseen(id: string): boolean {
    return this.#unseen.has(id);
  }

  get size(): number {
    return this.#unseen.size;
  }

  /** These rows stand before the person's eyes now. */
  saw(ids: readonly string[]): void {
    const seen = ids.filter((id) => this.#unseen.delete(id));
    if (seen.length === 0) return;
    for (const id of seen) this.#fading.add(id);
    this.at.value += 1;
    setTimeout(() => {
      for (const id of seen) this.#fading.delete(id);
      this.at.value += 1;
    }, MARKED_FOR);
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) this.#unseen.delete(id);
  }

  clear(): void {
    this.#unseen.clear();
    this.#fading.clear();
    this.at.value += 1;
  }
}
