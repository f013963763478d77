import type { ComponentChildren, JSX, RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { focus, isEnter, prevent, withMod } from "../events";
import { said } from "../shown";
import type { View } from "../view";
import { Button } from "./bits";
import { isBeside, showModal } from "./modal";

interface PopoverProps {
  view: View;
  label: string;
  class: string;
  /** Whether the rest of the widget is covered meanwhile. */
  modal?: boolean;
  onEnter?: () => void;
  /** What a modal one leaves by, where it is not what the view has open. */
  onLeave?: () => void;
  children: ComponentChildren;
}

const STOPS = "button:not([tabindex='-1']), input, textarea, [tabindex='0']";

/**
 * A dialog inside the widget. Tab stays in it, Esc and a press outside close it, Enter does its one thing. A modal one
 * is the browser's own, over all of the page.
 */
export function Popover(props: PopoverProps): JSX.Element {
  const { view, label, class: more, modal, onEnter, onLeave, children } = props;
  const box = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const [asked, open] = [view.question.peek(), view.open.peek()];
    const isOpen = () => (onLeave ? view.question.value === asked : view.open.value === open);
    const end = modal
      ? showModal(view, box.current as HTMLDialogElement, isOpen, onLeave ?? (() => view.close()))
      : closeOutside(view, box.current);
    const first = box.current?.querySelector<HTMLElement>("[data-sw-first]");
    focus(first?.querySelector<HTMLElement>("input, textarea") ?? first ?? box.current);
    return end;
  }, []);
  const stay = (event: KeyboardEvent) => {
    if (event.key === "Tab") wrap(event, box.current, view);
    const target = event.target as HTMLElement;
    const typesLines = target.tagName === "TEXTAREA" && !withMod(event);
    if (!isEnter(event) || event.repeat || !onEnter || typesLines || target.tagName === "BUTTON") return;
    prevent(event);
    onEnter();
  };
  const leave = onLeave ?? (() => view.goBack());
  const frame = { class: `sw-pop ${more}`, "aria-label": label, tabIndex: -1, onKeyDown: stay };
  if (!modal) {
    return (
      <div {...frame} role="dialog" ref={box as RefObject<HTMLDivElement>}>
        {children}
      </div>
    );
  }
  return (
    <dialog
      {...frame}
      ref={box as RefObject<HTMLDialogElement>}
      onPointerDown={(event) => {
        if (!isBeside(event, event.currentTarget)) return;
        prevent(event);
        leave();
      }}
      onCancel={(event) => {
        prevent(event);
        leave();
      }}
    >
      {children}
    </dialog>
  );
}

/** Closes what is open at a press outside of it, but for presses on what opens something itself. */
function closeOutside(view: View, box: HTMLElement | null): () => void {
  const outside = (event: PointerEvent) => {
    const path = event.composedPath();
    const opener = path.some((each) => each instanceof Element && each.closest?.("[aria-haspopup]"));
    if (box && !path.includes(box) && !opener && !view.question.value) view.close();
  };
  const page = view.root.ownerDocument;
  page.addEventListener("pointerdown", outside, { capture: true });
  return () => page.removeEventListener("pointerdown", outside, { capture: true });
}

interface SheetProps extends PopoverProps {
  title?: string;
  /** What stands right below the title. */
  about?: ComponentChildren;
}

/** A popover with a title and its parts one below the other. */
export function Sheet({ title, about, children, ...frame }: SheetProps): JSX.Element {
  return (
    <Popover {...frame}>
      <div class="sw-plan-in">
        <div>
          <h2 class="sw-plan-title sw-ell" dir="auto">
            {said(title ?? frame.label)}
          </h2>
          {about}
        </div>
        {children}
      </div>
    </Popover>
  );
}

/** The last line of a sheet: Cancel, and the button that does its one thing. */
export function SheetFoot(props: {
  view: View;
  before?: ComponentChildren;
  onLeave?: () => void;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="sw-plan-foot">
      {props.before}
      <Button class="sw-btn--quiet" chord="Escape" onPress={props.onLeave ?? (() => props.view.goBack())}>
        Cancel
      </Button>
      {props.children}
    </div>
  );
}

function wrap(event: KeyboardEvent, box: HTMLElement | null, view: View): void {
  const stops = [...(box?.querySelectorAll<HTMLElement>(STOPS) ?? [])];
  const page = view.root.getRootNode() as Document | ShadowRoot;
  const at = stops.indexOf(page.activeElement as HTMLElement);
  const last = stops.length - 1;
  const next = event.shiftKey ? (at <= 0 ? last : null) : at === last || at < 0 ? 0 : null;
  if (next === null) return;
  prevent(event);
  stops[next]?.focus();
}
