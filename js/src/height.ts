import type { Model } from "./model";

export const DEFAULT = 764;
const LEAST = 420;
const STEP = 24;

/** At most four fifths of the window, but never too low to work in: some hosts give outputs a window of their own. */
export function fitting(height: unknown, windowHeight: number): number {
  const wanted = typeof height === "number" && height > 0 ? height : DEFAULT;
  return Math.max(LEAST, Math.min(wanted, Math.round(windowHeight * 0.8)));
}

/** Sets the widget's height from the trait, and lets the person drag it by the handle at its lower edge. */
export function sizing(root: HTMLElement, handle: HTMLElement, model: Model, until: AbortSignal): () => void {
  const apply = (height: number) => root.style.setProperty("--sw-height", `${height}px`);
  const set = () => {
    const height = fitting(model.get("height"), window.innerHeight);
    apply(height);
    handle.setAttribute("aria-valuenow", String(height));
  };
  const save = (height: number) => {
    model.set("height", Math.max(LEAST, Math.round(height)));
    model.save_changes();
    set();
  };
  set();
  window.addEventListener("resize", set, { signal: until });
  handle.addEventListener(
    "pointerdown",
    (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      const from = event.clientY;
      const before = fitting(model.get("height"), window.innerHeight);
      let height = before;
      const move = (moved: PointerEvent) => {
        height = fitting(before + moved.clientY - from, window.innerHeight);
        apply(height);
      };
      handle.addEventListener("pointermove", move);
      handle.addEventListener(
        "lostpointercapture",
        () => {
          handle.removeEventListener("pointermove", move);
          if (height !== before) save(height);
        },
        { once: true },
      );
    },
    { signal: until },
  );
  handle.addEventListener(
    "keydown",
    (event) => {
      const by = { ArrowDown: STEP, ArrowUp: -STEP }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      save(fitting(model.get("height"), window.innerHeight) + by);
    },
    { signal: until },
  );
  return set;
}
