import { placeTopic } from "../actions";
import { isPlain, prevent } from "../events";
import type { Node } from "../topics";
import type { View } from "../view";

/** The keyboard of a WAI-ARIA tree: arrows, Home, End. Letters are commands, so none jumps to a name. */
export function treeKey(view: View, event: KeyboardEvent, lines: readonly (Node | "new")[]): void {
  if ((event.target as HTMLElement).tagName === "INPUT") return;
  if (!isPlain(event)) return;
  const nodes = lines.filter((line): line is Node => line !== "new");
  const at = nodes.findIndex((each) => each.id === view.node()?.id);
  const node = nodes[at];
  if (!node) return;
  const folded = view.folded.value.has(node.id);
  const inner = node.children > 0;
  const to = (next: Node | undefined) => next && view.pickTopic(next.id);
  const toSamples = () => view.focusOn("grid");
  const acts: Partial<Record<string, () => unknown>> = {
    ArrowDown: () => to(nodes[at + 1]),
    ArrowUp: () => to(nodes[at - 1]),
    Home: () => to(nodes[0]),
    End: () => to(nodes.at(-1)),
    ArrowRight: () => inner && (folded ? view.fold(node.id) : to(nodes[at + 1])),
    ArrowLeft: () =>
      inner && !folded ? view.fold(node.id) : to(nodes.find((each) => each.id === node.parent)),
    Enter: () => (view.lifted.value ? placeTopic(view) : toSamples()),
    " ": toSamples,
  };
  const act = acts[event.key];
  if (!act) return;
  prevent(event);
  act();
}
