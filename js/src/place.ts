import { batch, effect, type Signal } from "@preact/signals";
import { atEnd, later, listenTo, whenDrawn } from "./events";
import { TOLD, type View } from "./view";

const KEEP_AFTER = 400;
/** The places of all views of a page, also of other widgets. */
type Claims = { swPlaces?: Set<string> };

/**
 * Keeps what a view shows in the page's session, so that it shows the same after a reload, and when the cell is run
 * again: by the studio's path, and a number where several views show it. A browser that keeps nothing, and a place
 * that fits no more, is no error.
 */
export function keepPlace(view: View, until: AbortSignal): void {
  const { replica, line, looking, root } = view;
  /** What is kept, in the order in which it is: another one goes to the end. */
  const kept: readonly Signal[] = [
    view.facet,
    view.topic,
    view.picked,
    view.sort,
    view.columns,
    view.widths,
    view.folded,
    view.focus,
    view.selection,
    looking.typed,
    view.density,
    view.advances,
  ];
  const claims = globalThis as Claims;
  claims.swPlaces ??= new Set();
  const taken = claims.swPlaces;
  let key = "";
  let whole = false;
  let top = 0;
  /** Where the list stood, until it stands there again or the person does something. */
  let goal = 0;
  const grid = () => root.querySelector(".sw-grid");

  const keep = () => {
    const place = [top, ...kept.map((signal) => plain(signal.value))];
    quietly(() => whole && sessionStorage.setItem(key, JSON.stringify(place)));
  };
  const recall = (path: string) => {
    for (let number = 1; !key || taken.has(key); number += 1) key = `synth_widgets ${number} ${path}`;
    taken.add(key);
    quietly(() => {
      const place = JSON.parse(sessionStorage.getItem(key) ?? "[]");
      goal = place.shift();
      kept.forEach((signal, at) => {
        const now = signal.value;
        const then = now instanceof Set ? new Set(place[at]) : place[at];
        if (then != null && (now === null || then.constructor === now.constructor)) signal.value = then;
      });
      looking.for(looking.typed.value);
    });
  };
  const goBack = () => {
    if (!goal) return;
    const list = grid();
    if (list?.clientHeight) list.scrollTo(0, goal);
    else whenDrawn(goBack); // the page shows the widget later
  };
  const stops = [
    effect(() => {
      const studio = replica.studio.value;
      const loaded = replica.loaded.value === 1;
      // A studio in memory has no path of its own, and what was saved for pages without a kernel is another one.
      const path = studio?.path === ":memory:" ? loaded && replica.epoch : studio?.path;
      if (!path || line.line.value.state === "saved") return;
      batch(() => {
        if (!key) recall(path);
        if (!loaded || whole) return;
        whole = true;
        view.select([...view.selection.value].filter((id) => view.sampleOf(id)));
        whenDrawn(goBack);
      });
    }),
    effect(() => {
      for (const signal of kept) signal.value;
      return later(keep, KEEP_AFTER);
    }),
  ];
  const acts = () => {
    goal = 0;
  };
  for (const type of ["keydown", "pointerdown", "wheel"] as const) listenTo(root, type, acts, until, true);
  const scrolled = () => {
    top = grid()?.scrollTop ?? top;
  };
  listenTo(root, "scroll", scrolled, until, true);
  window.addEventListener("pagehide", keep, { signal: until });
  atEnd(until, () => {
    keep();
    taken.delete(key);
    for (const stop of stops) stop();
  });
}

/** As JSON has it. More selected samples than are told the kernel are not kept. */
function plain(value: unknown): unknown {
  return value instanceof Set ? (value.size > TOLD ? [] : [...value]) : value;
}

/** Does what the browser may refuse. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {}
}
