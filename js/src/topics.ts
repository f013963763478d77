import type { Guidance } from "./plan";
import type { TopicRow } from "./protocol.gen";
import { type Counts, noCounts } from "./store";

/** The root's name for a person. */
export const ALL = "All topics";

/** A topic at its place in the tree. */
export interface Node {
  id: string;
  name: string;
  /** Names from the root, without the root's own. */
  path: readonly string[];
  level: number;
  parent: string | null;
  children: number;
  /** Index after the last node of the subtree, in the list that holds this node. */
  end: number;
  place: number;
  siblings: number;
  target: number | null;
  guidance: Guidance;
}

/** Samples by status in a subtree, and how many are wanted there. */
export interface Totals extends Counts {
  target: number;
}

/** All topics depth first, siblings by the place that is given. The root is first. */
export function inOrder(topics: Iterable<TopicRow>, places: ReadonlyMap<string, number>): Node[] {
  const children = new Map<string | null, TopicRow[]>();
  for (const row of topics) {
    const siblings = children.get(row.parent);
    if (siblings) siblings.push(row);
    else children.set(row.parent, [row]);
  }
  const place = (row: TopicRow) => places.get(row.id) ?? 0;
  for (const siblings of children.values()) siblings.sort((a, b) => place(a) - place(b));
  const nodes: Node[] = [];
  const walk = (row: TopicRow, path: readonly string[], at: number, siblings: number): void => {
    const below = children.get(row.id) ?? [];
    const node: Node = {
      id: row.id,
      name: row.name,
      path,
      level: path.length,
      parent: row.parent,
      children: below.length,
      end: 0,
      place: at,
      siblings,
      target: row.target,
      guidance: row.guidance ?? {},
    };
    nodes.push(node);
    below.forEach((child, index) => {
      walk(child, [...path, child.name], index + 1, below.length);
    });
    node.end = nodes.length;
  };
  for (const root of children.get(null) ?? []) walk(root, [], 1, 1);
  return nodes;
}

/** Per topic, what is in it and below it. */
export function rollUp(
  nodes: readonly Node[],
  counts: (topic: string) => Counts | undefined,
): Map<string, Totals> {
  const totals = new Map<string, Totals>();
  for (let index = nodes.length - 1; index >= 0; index -= 1) {
    const node = nodes[index] as Node;
    const own = counts(node.id) ?? noCounts();
    const all = totals.get(node.id) ?? { ...noCounts(), target: 0 };
    // An inner topic's target counts only where it holds samples itself: otherwise its leaves' targets say it all.
    if (node.children === 0 || own.kept + own.draft > 0) all.target += node.target ?? 0;
    for (const status of Object.keys(own) as (keyof Counts)[]) all[status] += own[status];
    totals.set(node.id, all);
    if (node.parent === null) continue;
    const above = totals.get(node.parent) ?? { ...noCounts(), target: 0 };
    for (const key of Object.keys(all) as (keyof Totals)[]) above[key] += all[key];
    totals.set(node.parent, above);
  }
  return totals;
}

/** Samples that count towards the target. */
export function live(totals: Counts): number {
  return totals.kept + totals.draft;
}

/** Whether a leaf has less than half of what is wanted there. */
export function isThin(node: Node, totals: Totals): boolean {
  return node.children === 0 && totals.target > 0 && live(totals) < totals.target / 2;
}

/** The leaves among these that have less than half of what is wanted there. */
export function thinOnes(nodes: readonly Node[], totals: ReadonlyMap<string, Totals>): Node[] {
  return nodes.filter((node) => isThin(node, totals.get(node.id) as Totals));
}

/** How many stars its rated samples have on average: "4.2", or nothing. */
export function average({ starred, stars }: Counts): string {
  return starred > 0 ? (stars / starred).toFixed(1) : "";
}

/** Whether a topic is another one or lies below it. */
export function isWithin(node: Node, other: Node): boolean {
  return other.path.every((name, level) => node.path[level] === name);
}

/** The nodes that are not inside a folded one. */
export function unfolded(nodes: readonly Node[], folded: ReadonlySet<string>): Node[] {
  const shown: Node[] = [];
  for (let index = 0; index < nodes.length; ) {
    const node = nodes[index] as Node;
    shown.push(node);
    index = folded.has(node.id) ? node.end : index + 1;
  }
  return shown;
}

/** What the steppers begin with at a topic: its present shape, so that Generate fills up what is missing. */
export function shapeBelow(
  nodes: readonly Node[],
  at: number,
  own: (topic: string) => Counts | undefined,
): { topics: number; subtopics: number; samples: number } {
  const node = nodes[at];
  if (!node) return { topics: 4, subtopics: 4, samples: 8 };
  let subtopics = 0;
  let samples = 0;
  let full = true;
  for (let index = at; index < node.end; index += 1) {
    const each = nodes[index] as Node;
    if (each.level === node.level + 1) subtopics = Math.max(subtopics, each.children);
    if (each.children > 0) continue;
    const wanted = each.target ?? 8;
    samples = Math.max(samples, wanted);
    const counts = own(each.id);
    if (!counts || live(counts) + counts.pending < wanted) full = false;
  }
  return { topics: node.children, subtopics, samples: full ? samples + 8 : samples };
}
