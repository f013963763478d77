import { signal } from "@preact/signals";

/** A line in the status bar; the last one wins. */
export interface Toast {
  text: string;
  undo: boolean;
  alert: boolean;
}

const STAYS = 8000;

/** Shows one toast at a time, eight seconds, longer while it is hovered or focused. */
export class Toasts {
  readonly now = signal<Toast | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string, { undo = false, alert = false } = {}): void {
    this.now.value = { text, undo, alert };
    this.release();
  }

  /** Says what went wrong, or cannot be. */
  warn(text: string): void {
    this.say(text, { alert: true });
  }

  hold(): void {
    clearTimeout(this.#timer);
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), STAYS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.now.value = null;
  }
}
