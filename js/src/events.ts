/** What many listeners ask of an event, and how they end. */

type Keyed = Pick<KeyboardEvent, "ctrlKey" | "metaKey">;

/** Whether Ctrl or ⌘ is held. */
export function withMod(event: Keyed): boolean {
  return event.ctrlKey || event.metaKey;
}

/** Whether no key is held that would make a chord of another one: such chords are the notebook's. */
export function isPlain(event: Keyed & Pick<KeyboardEvent, "altKey">): boolean {
  return !withMod(event) && !event.altKey;
}

/** Keeps the browser from doing what it would do. */
export function prevent(event: Event): void {
  event.preventDefault();
}

/** Keeps the event from what is around the target. */
export function stopHere(event: Event): void {
  event.stopPropagation();
}

/** Whether Enter is pressed, and not to choose among what an input method offers. */
export function isEnter(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.isComposing;
}

/** Gives an element the focus and leaves the page where it is. */
export function focus(element: HTMLElement | null | undefined): void {
  element?.focus({ preventScroll: true });
}

/** Does it when the page was drawn. */
export function whenDrawn(act: () => void): void {
  requestAnimationFrame(act);
}

/** Does it after so many milliseconds; returns what keeps it from being done. */
export function later(act: () => void, wait: number): () => void {
  const timer = setTimeout(act, wait);
  return () => clearTimeout(timer);
}

/** Asks after so many milliseconds; returns what keeps it from being asked, or its answer from being taken. */
export function askLater(
  ask: () => Promise<unknown>,
  wait: number,
  take: (answer: unknown) => void,
  fail: (error: Error) => void,
): () => void {
  let stale = false;
  const cancel = later(() => {
    ask()
      .then((answer) => stale || take(answer))
      .catch((error: Error) => stale || fail(error));
  }, wait);
  return () => {
    stale = true;
    cancel();
  };
}

/** Does it when the signal ends what it stands for. */
export function atEnd(until: AbortSignal | undefined, act: () => void): void {
  until?.addEventListener("abort", act, { once: true });
}

/** Listens for as long as the signal lasts. */
export function listenTo<Type extends keyof HTMLElementEventMap>(
  target: HTMLElement | Window,
  type: Type,
  listener: (event: HTMLElementEventMap[Type]) => void,
  until: AbortSignal,
  capture = false,
): void {
  target.addEventListener(type, listener as EventListener, { signal: until, capture });
}
