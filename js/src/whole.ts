import { effect } from "@preact/signals";
import type { SampleRow } from "./protocol.gen";
import type { View } from "./view";

/**
 * Finds something in the whole of the sample in focus, and uses it as soon as the sample is here: at once, or when the
 * kernel has sent it. Not when another sample, or its comparison, has come into focus before.
 */
export function whenWhole<T>(view: View, find: (row: SampleRow) => T | null, use: (found: T) => void): void {
  const id = view.focusedRow?.id;
  const over = view.comparing.value;
  const same = () => view.focusedRow?.id === id && view.comparing.value === over;
  let stop: (() => void) | undefined;
  stop = effect(() => {
    view.line.bodies.at.value;
    const row = same() ? view.focusedRow : undefined;
    const found = row && find(row);
    if (row && found === null) return;
    queueMicrotask(() => {
      if (stop && row && found && same()) use(found);
      stop?.();
      stop = undefined;
    });
  });
}
