import { listenTo, prevent } from "./events";
import type { Model } from "./model";

export const DEFAULT = 764;
const LEAST = 420;
const STEP = 24;
const RUN_BAR = 36;

/**
 * At most four fifths of the window and what the host shows of an output, but never too low to work in: some hosts
 * give outputs a window of their own.
 */
export function fitting(height: unknown, windowHeight: number, room = Number.POSITIVE_INFINITY): number {
  const wanted = typeof height === "number" && height > 0 ? height : DEFAULT;
  return Math.max(LEAST, Math.min(wanted, Math.round(windowHeight * 0.8), Math.floor(room)));
}

/** What a host that scrolls high outputs, as marimo's editor does, shows of one, while a job runs too. */
function roomFor(root: HTMLElement): number {
  let taken = RUN_BAR;
  for (let at = outer(root); at; at = outer(at)) {
    const style = getComputedStyle(at);
    taken += Number.parseFloat(style.paddingTop) + Number.parseFloat(style.paddingBottom);
    const scrolls = /auto|scroll/.test(style.overflowY) && style.maxHeight.endsWith("px");
    if (scrolls) return Number.parseFloat(style.maxHeight) - taken;
  }
  return Number.POSITIVE_INFINITY;
}

function outer(element: HTMLElement): HTMLElement | null {
  const page = element.getRootNode();
  return element.parentElement ?? (page instanceof ShadowRoot ? (page.host as HTMLElement) : null);
}

/** Sets the widget's height from the trait, and lets the person drag it by the handle at its lower edge. */
export function sizing(root: HTMLElement, handle: HTMLElement, model: Model, until: AbortSignal): () => void {
  const fit = (height: unknown) => fitting(height, window.innerHeight, roomFor(root));
  const apply = (height: number) => root.style.setProperty("--sw-height", `${height}px`);
  const set = () => {
    const height = fit(model.get("height"));
    apply(height);
    handle.setAttribute("aria-valuenow", String(height));
  };
  const save = (height: number) => {
    model.set("height", Math.max(LEAST, Math.round(height)));
    model.save_changes();
    set();
  };
  set();
  listenTo(window, "resize", set, until);
  listenTo(
    handle,
    "pointerdown",
    (event) => {
      prevent(event);
      handle.setPointerCapture(event.pointerId);
      const from = event.clientY;
      const before = fit(model.get("height"));
      let height = before;
      const move = (moved: PointerEvent) => {
        height = fit(before + moved.clientY - from);
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
    until,
  );
  listenTo(
    handle,
    "keydown",
    (event) => {
      const by = { ArrowDown: STEP, ArrowUp: -STEP }[event.key];
      if (by === undefined) return;
      prevent(event);
      save(fit(model.get("height")) + by);
    },
    until,
  );
  return set;
}
