import { run } from "./actions";
import { closeCompare } from "./compare";
import { leaveEdit } from "./editing";
import { isPlain, listenTo, prevent, stopHere, withMod } from "./events";
import { chordOf } from "./keys";
import type { View } from "./view";

/** Jupyter asks the element in focus for this attribute before it takes a key as its own. */
const SUPPRESS = "data-lm-suppress-shortcuts";

/**
 * Makes the keyboard ours while the focus is in the widget. Notebook 7 listens in the capture phase, before our root
 * could stop a key, but honours the attribute; the others listen while the event bubbles. Chords with Ctrl or ⌘ that
 * the command table does not name stay the notebook's, so Ctrl+S still saves.
 */
export function listenToKeys(view: View, until: AbortSignal): void {
  const { root } = view;
  const inside = (event: Event) => event.composedPath().includes(root);
  const ours = (event: KeyboardEvent) => {
    const plain = isPlain(event);
    return plain || view.keys.isOwn(chordOf(event) ?? "");
  };
  let marked: Element | null = null;
  listenTo(
    window,
    "keydown",
    (event) => {
      // On the target itself: Jupyter's selectors end in `:focus`, which matches it before our root is looked at.
      marked?.removeAttribute(SUPPRESS);
      marked = inside(event) && ours(event) ? (event.composedPath()[0] as Element) : null;
      marked?.setAttribute(SUPPRESS, "true");
    },
    until,
    true,
  );
  listenTo(
    root,
    "keydown",
    (event) => {
      if (!event.defaultPrevented) obey(view, event);
      if (ours(event)) stopHere(event);
    },
    until,
  );
  for (const type of ["keypress", "keyup"] as const) {
    listenTo(root, type, (event) => ours(event) && stopHere(event), until);
  }
}

function obey(view: View, event: KeyboardEvent): void {
  const target = event.composedPath()[0] as HTMLElement;
  if (event.isComposing) return;
  if (event.key === "Escape") {
    leave(view, target);
    prevent(event);
    return;
  }
  const chord = chordOf(event);
  if (chord === null) return;
  const pane = target.closest(".sw-tree") ? "tree" : view.comparing.value ? "diff" : "grid";
  const command = view.keys.meant(chord, pane);
  if (view.question.value) return;
  const elsewhere = isTyping(target) || target.closest(".sw-edit") || view.open.value !== null;
  if (elsewhere && !(command?.name === "palette" && withMod(event))) return;
  if (pressesButton(chord, target) || scrolls(chord, target)) return;
  if (command && run(view, command.name, chord)) prevent(event);
}

/** Esc leaves one thing at a time: a popover, a field, the selection. */
function leave(view: View, target: HTMLElement): void {
  if (view.question.value) {
    view.question.value.answer(false);
  } else if (view.open.value !== null) {
    view.goBack();
  } else if (target.closest(".sw-edit")) {
    void leaveEdit(view, "leave");
    view.focusOn("grid");
  } else if (view.comparing.value) closeCompare(view);
  else if (view.lifted.value) view.lifted.value = null;
  else if (isTyping(target)) view.focusOn("grid");
  else if (view.selection.value.size > 0) view.select([]);
  else if (view.toasts.now.value) view.toasts.close();
}

function isTyping(target: HTMLElement): boolean {
  return target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Space and Enter on a button press it. */
function pressesButton(chord: string, target: HTMLElement): boolean {
  return (chord === " " || chord === "Enter") && target.closest("button") !== null;
}

/** In the detail pane the arrows and page keys scroll the text; J and K move on. */
function scrolls(chord: string, target: HTMLElement): boolean {
  return /Arrow|Page|Home|End/.test(chord) && target.closest(".sw-detail") !== null;
}
