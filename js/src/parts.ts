/** The parts of a view that a person opens, and what is under way in them. */

import type { EstimateView } from "./protocol.gen";
import type { Node } from "./topics";

export type Popover =
  | "generate"
  | "model"
  | "guidance"
  | "task"
  | "help"
  | "export"
  | "jobs"
  | "waiting"
  | "regenerate"
  | "topics"
  | "topic"
  | "budget"
  | "filter"
  | "sort"
  | "columns"
  | "palette"
  | "reasons";
/** What a person is to confirm before it is sent. */
export interface Question {
  why: string;
  estimate: EstimateView;
  answer: (yes: boolean) => void;
}
/** Numbers of the versions to compare, left and right, of this sample. */
export type Comparing = { id?: string; pair?: readonly [number, number] };
export type Naming = { kind: "add" | "rename"; topic: string };
export interface Lifted {
  node: Node;
  /** Whether it is to go into the other one, not below it. */
  merges: boolean;
}
export type NarrowPane = "topics" | "samples" | "sample";
