import { effect } from "@preact/signals";
import type { View } from "../view";

/** What a host leaves in sight of a widget that is worth laying a dialog over; of less, all of the window is taken. */
const LEAST = 320;

/**
 * Opens a dialog over the widget, in the browser's top layer: the page behind it takes neither keys nor presses. It is
 * closed as soon as it is no longer open, not a frame later, so that the focus can go back at once. Returns what ends it.
 */
export function showModal(
  view: View,
  dialog: HTMLDialogElement,
  isOpen: () => boolean,
  leave: () => void,
): () => void {
  const { root } = view;
  const place = () => {
    if (root.getClientRects().length === 0) leave(); // its notebook is hidden: nobody could close it
    lay(dialog, root);
  };
  dialog.showModal();
  lay(dialog, root);
  const ending = new AbortController();
  window.addEventListener("scroll", place, { capture: true, passive: true, signal: ending.signal });
  window.addEventListener("resize", place, { signal: ending.signal });
  const watch = new ResizeObserver(place);
  watch.observe(root);
  const stop = effect(() => {
    if (!isOpen()) dialog.close();
  });
  return () => {
    stop();
    watch.disconnect();
    ending.abort();
    dialog.close();
  };
}

/**
 * Puts the dialog over what is in sight of the widget. Not in the middle of the window: some hosts give the outputs of
 * a whole notebook one that is as high as all of them.
 */
function lay(dialog: HTMLDialogElement, root: HTMLElement): void {
  const { left, width, top, bottom } = root.getBoundingClientRect();
  let [from, to] = [Math.max(0, top), Math.min(window.innerHeight, bottom)];
  if (to - from < LEAST) [from, to] = [0, window.innerHeight];
  for (const [side, pixels] of Object.entries({ left, width, top: from, height: to - from })) {
    dialog.style.setProperty(`--sw-over-${side}`, `${pixels}px`);
  }
}

/** Whether a press was on what is around the dialog, which the browser counts as the dialog itself. */
export function isBeside(event: MouseEvent, dialog: HTMLDialogElement): boolean {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  const { clientX, clientY } = event;
  return event.target === dialog && (clientX < left || clientX > right || clientY < top || clientY > bottom);
}
