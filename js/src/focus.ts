import { atEnd, listenTo } from "./events";
import type { View } from "./view";

/**
 * Keeps the focus in the widget when what had it is gone: a button that a verdict replaced, the bar of a job that
 * ended. Without it the next key would be the page's. A person who went elsewhere is left there.
 */
export function holdFocus(view: View, until: AbortSignal): void {
  const { root } = view;
  let last: Element | null = null;
  listenTo(
    root,
    "focusin",
    (event) => {
      last = event.composedPath()[0] as Element;
    },
    until,
  );
  listenTo(
    root,
    "focusout",
    // Only what is still there a moment later was left; what was removed was not.
    () =>
      queueMicrotask(() => {
        if (last?.isConnected && !hasFocus(root)) last = null;
      }),
    until,
  );
  const observer = new MutationObserver(() => {
    if (!last || last.isConnected) return;
    last = null;
    if (!hasFocus(root)) view.focusOn("grid");
  });
  observer.observe(root, { childList: true, subtree: true });
  atEnd(until, () => observer.disconnect());
}

function hasFocus(root: HTMLElement): boolean {
  return root.contains((root.getRootNode() as Document | ShadowRoot).activeElement);
}
