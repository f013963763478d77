import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

type Lines = Virtualizer<HTMLElement, HTMLElement>;

interface Options {
  scroller: RefObject<HTMLElement | null>;
  count: number;
  size: (index: number) => number;
  /** A new function whenever the items changed: then all starts are computed again. */
  keyOf: (index: number) => string;
  overscan?: number;
}

/** Draws only the lines of a long list that are in sight. Sizes are known, so nothing is measured. */
export function useVirtual({ scroller, count, size, keyOf, overscan = 6 }: Options): Lines {
  const [, redraw] = useState(0);
  const lines = useRef<Lines | null>(null);
  const options: VirtualizerOptions<HTMLElement, HTMLElement> = {
    count,
    overscan,
    estimateSize: size,
    getItemKey: keyOf,
    getScrollElement: () => scroller.current,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw((times) => times + 1),
  };
  lines.current ??= new Virtualizer(options);
  lines.current.setOptions(options);
  useLayoutEffect(() => lines.current?._didMount(), []);
  useLayoutEffect(() => lines.current?._willUpdate());
  return lines.current;
}

/** Brings a stretch of a scroller into sight with the least movement. */
export function scrollTo(box: HTMLElement, start: number, end: number, headHeight = 0): void {
  const height = box.clientHeight - headHeight;
  if (start < box.scrollTop) box.scrollTop = start;
  else if (end > box.scrollTop + height) box.scrollTop = end - height;
}
