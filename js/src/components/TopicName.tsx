import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { addTopics, renameTopic } from "../actions";
import { focus, prevent, stopHere } from "../events";
import { pathsIn } from "../paste";
import type { View } from "../view";

/** Where a topic's name is typed, in the tree. A list can be pasted: a topic a line, indented ones below. */
export function TopicName({ view, name }: { view: View; name: string }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const naming = view.naming.value;
  useLayoutEffect(() => {
    focus(field.current);
    field.current?.select();
  }, []);
  const close = (toTree: boolean) => {
    view.naming.value = null;
    if (toTree) view.focusOn("tree");
  };
  const under = view.nodeOf(naming?.topic ?? null)?.path ?? [];
  const commit = () => {
    const typed = field.current?.value.trim() ?? "";
    if (naming?.kind === "rename") {
      void renameTopic(view, [...under], typed);
      view.naming.value = null;
    } else if (typed && field.current) {
      void addTopics(view, [[...under, typed]]);
      field.current.value = "";
    } else view.naming.value = null;
  };
  return (
    <input
      ref={field}
      class="sw-input sw-name-in"
      defaultValue={name}
      maxLength={500}
      dir="auto"
      placeholder="Name, or paste a list"
      aria-label={name ? "New name" : "Name of the new topic"}
      onClick={stopHere}
      onMouseDown={stopHere}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== "Escape") return;
        prevent(event);
        if (event.key === "Escape") close(true);
        else {
          commit();
          if (view.naming.value === null) view.focusOn("tree");
        }
      }}
      onPaste={(event) => {
        const text = event.clipboardData?.getData("text/plain") ?? "";
        if (naming?.kind !== "add" || !/[\r\n]/.test(text.trim())) return;
        prevent(event);
        void addTopics(view, pathsIn(text, under));
        close(true);
      }}
      onBlur={() => {
        if (view.naming.value !== naming) return; // closed by a key
        if (field.current?.value.trim()) commit();
        close(false);
      }}
    />
  );
}
