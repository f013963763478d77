import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** One line of a long list and where it stands, in pixels from the first. */
export interface Line {
  index: number;
  start: number;
  end: number;
}

/** Where each line of a list stands whose heights are known: sums once, then every question is a look or a search. */
export class Lines {
  /** `#starts[count]` is the height of all. Whole numbers in doubles: exact at any length. */
  readonly #starts: Float64Array;

  constructor(
    readonly count: number,
    size: (index: number) => number,
  ) {
    const starts = new Float64Array(count + 1);
    let total = 0;
    for (let index = 0; index < count; index += 1) {
      total += size(index);
      starts[index + 1] = total;
    }
    this.#starts = starts;
  }

  get height(): number {
    return this.#starts[this.count] ?? 0;
  }

  line(index: number): Line | null {
    const start = this.#starts[index];
    const end = this.#starts[index + 1];
    return start === undefined || end === undefined ? null : { index, start, end };
  }

  /** The line at this height, the nearest end beyond them. */
  at(height: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle + 1] as number) <= height) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Lines that reach into a stretch, and so many more on both sides. */
  between(top: number, bottom: number, more = 0): Line[] {
    const lines: Line[] = [];
    if (this.count === 0) return lines;
    const last = Math.min(this.count - 1, this.at(bottom) + more);
    for (let index = Math.max(0, this.at(top) - more); index <= last; index += 1) {
      lines.push(this.line(index) as Line);
    }
    return lines;
  }
}

/** The stretch of a list that is in sight, in pixels. */
export interface Sight {
  top: number;
  bottom: number;
}

interface InSight {
  /** The lines to draw. */
  drawn: Line[];
  /** Index of the last line that is in sight. */
  last: number;
  /** Where the scroller stands, looked up anew after something has moved it. */
  look: () => Sight;
  sight: RefObject<Sight>;
}

/**
 * Draws again when lines come into sight, not at every pixel. The page is asked where its scroller stands only when
 * that can have changed: each time it has to lay out all that was drawn.
 */
export function useInSight(scroller: RefObject<HTMLElement | null>, lines: Lines, more = 6): InSight {
  const [, redraw] = useState(0);
  const sight = useRef<Sight>({ top: 0, bottom: 0 });
  const now = useRef(lines);
  now.current = lines;
  const look = useRef(() => {
    const box = scroller.current;
    const { top, bottom } = sight.current;
    if (!box) return sight.current;
    const next = { top: box.scrollTop, bottom: box.scrollTop + box.clientHeight };
    sight.current = next;
    const all = now.current;
    if (all.at(next.top) !== all.at(top) || all.at(next.bottom) !== all.at(bottom))
      redraw((times) => times + 1);
    return next;
  }).current;
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    box.addEventListener("scroll", look, { passive: true });
    const watch = new ResizeObserver(look);
    watch.observe(box);
    return () => {
      box.removeEventListener("scroll", look);
      watch.disconnect();
    };
  }, []);
  useLayoutEffect(() => void look(), [lines]);
  const { top, bottom } = sight.current;
  return { drawn: lines.between(top, bottom, more), last: lines.at(bottom), look, sight };
}

/** Brings a stretch of a scroller into sight: with the least movement, or to the top. */
export function scrollTo(
  box: HTMLElement,
  { start, end }: { start: number; end: number },
  { head = 0, where = "nearest" }: { head?: number; where?: "nearest" | "start" } = {},
): void {
  const height = box.clientHeight - head;
  if (where === "start" || start < box.scrollTop) box.scrollTop = start;
  else if (end > box.scrollTop + height) box.scrollTop = end - height;
}
