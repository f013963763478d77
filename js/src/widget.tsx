import "./attributes";
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./components/App";
import { Boundary } from "./components/Boundary";
import { barOf } from "./components/RunBar";
import { atEnd } from "./events";
import { holdFocus } from "./focus";
import { sizing } from "./height";
import { listenToKeys } from "./listen";
import type { Model } from "./model";
import { keepPlace } from "./place";
import { followTheme } from "./theme";
import { Connection } from "./transport";
import { View } from "./view";

interface Host {
  model: Model;
  signal?: AbortSignal;
}

const NARROW = 700;

/** Draws one view of the model into `el`; it lives until the signal or the returned function ends it. */
function draw(connection: Connection, model: Model, el: HTMLElement, signal?: AbortSignal): () => void {
  const ending = new AbortController();
  const until = ending.signal;
  atEnd(signal, () => ending.abort());

  const root = document.createElement("section");
  root.className = "sw-root";
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Synthetic data studio");
  root.tabIndex = -1;
  const inside = document.createElement("div");
  inside.className = "sw-inside";
  const handle = document.createElement("div");
  handle.className = "sw-resize";
  handle.setAttribute("role", "separator");
  handle.setAttribute("aria-orientation", "horizontal");
  handle.setAttribute("aria-label", "Height of the widget");
  handle.tabIndex = 0;
  root.append(inside, handle);
  el.replaceChildren(root);

  const view = new View(connection, model, root, until);
  view.onTrait(
    "theme",
    followTheme(root, () => model.get("theme"), until),
    until,
  );
  view.onTrait("height", sizing(root, handle, model, until), until);
  listenToKeys(view, until);
  holdFocus(view, until);
  keepPlace(view, until);
  const watch = new ResizeObserver(([entry]) => {
    if (!entry) return;
    const { width } = entry.contentRect;
    view.narrow.value = width < NARROW;
    view.letters.value = Math.floor((width - 58) / 6);
  });
  watch.observe(root);
  const bar = effect(() => {
    root.classList.toggle("sw-root--running", barOf(view) !== null);
  });
  render(
    <Boundary view={view} name="The widget">
      <App view={view} />
    </Boundary>,
    inside,
  );
  connection.hello();

  atEnd(until, () => {
    watch.disconnect();
    bar();
    render(null, inside);
    root.remove();
  });
  return () => ending.abort();
}

/**
 * One definition per model: `initialize` opens the connection that all its views share. A host that never calls it,
 * or that shares one definition between models, gets a connection per view, which is only less thrifty.
 */
export default function define() {
  let connection: Connection | null = null;
  let models = 0;
  return {
    initialize({ model, signal }: Host): void {
      models += 1;
      connection = models === 1 && signal ? new Connection(model, signal) : null;
    },
    render({ model, el, signal }: Host & { el: HTMLElement }): () => void {
      if (connection) return draw(connection, model, el, signal);
      const alone = new AbortController();
      const end = draw(new Connection(model, alone.signal), model, el, signal);
      atEnd(signal, () => alone.abort());
      return () => {
        end();
        alone.abort();
      };
    },
  };
}
