import { signal } from "@preact/signals";
import { said } from "./shown";

/** A line in the status bar; the last one wins. */
export interface Toast {
  text: string;
  undo: boolean;
  alert: boolean;
  /** What the command `include` does: the same to what was left out. */
  include: (() => unknown) | null;
}

const STAYS = 8000;

/** Shows one toast at a time, eight seconds, longer while it is hovered or focused. */
export class Toasts {
  readonly now = signal<Toast | null>(null);
  /** What was said last, though it may be shown no longer. */
  last: Toast | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string, { undo = false, alert = false, include = null }: Partial<Toast> = {}): void {
    this.now.value = this.last = { text: said(text), undo, alert, include };
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
    this.#timer = setTimeout(() => this.#hide(), STAYS);
  }

  close(): void {
    this.#hide();
    this.last = null;
  }

  #hide(): void {
    clearTimeout(this.#timer);
    this.now.value = null;
  }
}
