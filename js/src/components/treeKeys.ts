import { isPlain, prevent } from "../events";
import type { Node } from "../topics";
import type { View } from "../view";

/** The keyboard of a WAI-ARIA tree: arrows, Home, End. Letters are commands, so none jumps to a name. */
export function treeKey(view: View, event: KeyboardEvent, lines: readonly (Node | "new")[]): void {
  if ((event.target as HTMLElement).tagName === "INPUT") return;
  if (!isPlain(event)) return;
  const nodes = lines.filter((line): line is Node => line !== "new");
  const at = nodes.findIndex((node) => node.id === view.node()?.id);
  const node = nodes[at];
  if (!node) return;
  const folded = view.folded.value.has(node.id);
  const next = goal(event.key, nodes, at, folded);
  if (next === null) return;
  prevent(event);
  if (next === "fold" || next === "unfold") {
    const set = new Set(view.folded.value);
    if (next === "fold") set.add(node.id);
    else set.delete(node.id);
    view.folded.value = set;
  } else if (next === "grid") view.focusOn("grid");
  else view.pickTopic(next.id);
}

function goal(
  key: string,
  nodes: readonly Node[],
  at: number,
  folded: boolean,
): Node | "fold" | "unfold" | "grid" | null {
  const node = nodes[at] as Node;
  const parent = () => nodes.find((each) => each.id === node.parent) ?? node;
  switch (key) {
    case "ArrowDown":
      return nodes[at + 1] ?? node;
    case "ArrowUp":
      return nodes[at - 1] ?? node;
    case "Home":
      return nodes[0] ?? node;
    case "End":
      return nodes.at(-1) ?? node;
    case "ArrowRight":
      if (node.children === 0) return node;
      return folded ? "unfold" : (nodes[at + 1] ?? node);
    case "ArrowLeft":
      return node.children > 0 && !folded ? "fold" : parent();
    case "Enter":
    case " ":
      return "grid";
    default:
      return null;
  }
}
