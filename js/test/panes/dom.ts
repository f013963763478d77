// A page for tests that run in node. It has no layout, so that every element has size 0; a list then draws its first
// lines and the few that it draws ahead.
import { setMaxListeners } from "node:events";
import { Window } from "happy-dom";

setMaxListeners(0); // a view has more than ten listeners that end with it; node takes that for a leak

const page = new Window({ url: "http://localhost/", width: 1280, height: 900 });
const names = [
  "CSS",
  "window",
  "document",
  "navigator",
  "sessionStorage",
  "Document",
  "DocumentFragment",
  "Element",
  "Event",
  "HTMLElement",
  "HTMLDialogElement",
  "KeyboardEvent",
  "MouseEvent",
  "MutationObserver",
  "Node",
  "PointerEvent",
  "ResizeObserver",
  "ShadowRoot",
  "cancelAnimationFrame",
  "getComputedStyle",
  "matchMedia",
  "requestAnimationFrame",
] as const;
for (const name of names) {
  const value = (page as unknown as Record<string, unknown>)[name];
  const isPlain = typeof value === "function" && /^[a-z]/.test(name);
  Object.defineProperty(globalThis, name, { configurable: true, value: isPlain ? value.bind(page) : value });
}
