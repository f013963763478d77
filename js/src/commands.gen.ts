// Made by `python -m synth_widgets.widget.typescript`. Change the Python side, then run it again.

/** Samples, by id. */
export interface Ids {
  ids: string[];
}

/** Samples and why they are rejected. */
export interface RejectArgs {
  ids: string[];
  reason?: string | null;
}

/** One sample and its new input, output or both; what is left out stays. */
export interface EditArgs {
  id: string;
  input?: unknown;
  output?: unknown;
}

/** Samples to make again, which part of them, and how it should differ. */
export interface Regenerate {
  ids: string[];
  part?: "input" | "output";
  guidance?: string | null;
}

/** Pending or failed samples to answer; null: every pending one. */
export interface GenerateOutputs {
  ids?: string[] | null;
}

/** Samples and their stars, null to take them back; stars by requirement beside them. */
export interface RateArgs {
  ids: string[];
  stars?: number | null;
  requirements?: Record<string, number | null> | null;
}

/** One sample and the number of the version to go back to. */
export interface Revert {
  id: string;
  n: number;
}

/** For commands that take nothing. */
export type NoArgs = Record<string, never>;

/** Words to look for in the whole text of all samples. */
export interface Search {
  text: string;
}

/** The arguments of `Studio.grow`, for generation and for the estimate before it. */
export interface Grow {
  under?: string[];
  depth?: number;
  topics?: number | number[];
  samples?: number | null;
  outputs?: boolean;
  only?: boolean;
  thin?: boolean;
  guidance?: string | null;
}

/** What `grow` with these arguments would send. */
export interface Estimate {
  under?: string[];
  depth?: number;
  topics?: number | number[];
  samples?: number | null;
  outputs?: boolean;
  only?: boolean;
  thin?: boolean;
  guidance?: string | null;
}

/** A job, and how many times as much of it. */
export interface Repeat {
  job: string;
  n?: number;
}

/** A job's id, null for every running one, and whether it pauses or goes on. */
export interface PauseArgs {
  job?: string | null;
  on?: boolean;
}

/** A job's id; null stops every running one. */
export interface StopArgs {
  job?: string | null;
}

/** Paths from the root, each a list of names; missing ancestors are made. */
export interface AddTopics {
  paths: string[][];
}

/** A topic and its new name. */
export interface RenameTopic {
  path: string[];
  name: string;
}

/** A topic's guidance or target, as it was typed; what is empty or null is taken away, what is left out stays. */
export interface SetTopic {
  path: string[];
  guidance?: string | null;
  target?: number | string | null;
}

/** A topic, and the one below which, or into which, it goes. */
export interface TopicTo {
  path: string[];
  to: string[];
}

/** One topic, by path. */
export interface TopicPath {
  path: string[];
}

/** The studio's guidance; what is left out stays. */
export interface SetGuidance {
  all?: string | null;
  topics?: string | null;
  inputs?: string | null;
  outputs?: string | null;
}

/** A model's name. Never an address or a key: those come from this kernel's code. */
export interface SetModel {
  name: string;
}

/** US dollars, as they were typed; empty or null for no cap. */
export interface SetBudget {
  budget: number | string | null;
}

/** A file beside the notebook, its format by its ending, which samples it takes, and whether one may be replaced. */
export interface Export {
  path: string;
  status?: "kept" | "draft" | "all";
  replace?: boolean;
}

/** What each command that goes over the wire takes. */
export interface WireArgs {
  keep: Ids;
  reject: RejectArgs;
  restore: Ids;
  edit: EditArgs;
  check: EditArgs;
  regenerate: Regenerate;
  retry: GenerateOutputs;
  rate: RateArgs;
  decline: Ids;
  accept: Ids;
  revert: Revert;
  undo: NoArgs;
  redo: NoArgs;
  search: Search;
  grow: Grow;
  estimate: Estimate;
  generate_outputs: GenerateOutputs;
  repeat: Repeat;
  estimate_repeat: Repeat;
  pause: PauseArgs;
  stop: StopArgs;
  resume: NoArgs;
  add_topics: AddTopics;
  rename_topic: RenameTopic;
  set_topic: SetTopic;
  move_topic: TopicTo;
  merge_topic: TopicTo;
  remove_topic: TopicPath;
  set_guidance: SetGuidance;
  set_model: SetModel;
  set_budget: SetBudget;
  export: Export;
}

export type WireName = keyof WireArgs;

export type CommandName = "keep" | "reject" | "restore" | "skip" | "edit" | "edit_here" | "check" | "regenerate" | "remake" | "retry" | "rate" | "stars" | "compare" | "decline" | "accept" | "left_version" | "right_version" | "revert" | "undo" | "redo" | "next" | "previous" | "page_down" | "page_up" | "first" | "last" | "select" | "select_down" | "select_up" | "select_all" | "newest" | "find" | "search" | "filter" | "unfilter" | "sort" | "columns" | "tree" | "generate" | "grow" | "estimate" | "generate_outputs" | "jobs" | "repeat" | "estimate_repeat" | "pause" | "stop" | "resume" | "add_topics" | "rename_topic" | "set_topic" | "move_topic" | "merge_topic" | "remove_topic" | "set_guidance" | "set_model" | "set_budget" | "export" | "help";

export type Group = "Review" | "Move" | "Select" | "Topics" | "Generate" | "Everywhere";
export type Pane = "any" | "grid" | "tree" | "diff";

/** One thing a person can do. */
export interface Command {
  name: CommandName;
  label: string;
  group: Group;
  keys: readonly string[];
  pane: Pane;
  icon: string | null;
}

type Line = [CommandName, string, (string | null)?, string[]?, Pane?];
const TABLE: Record<Group, Line[]> = {
  Review: [
    ["keep", "Keep", "kept", ["a"], "grid"],
    ["reject", "Reject", "rejected", ["x"], "grid"],
    ["restore", "Restore", "draft", [], "grid"],
    ["skip", "Skip", "skip", ["s"], "grid"],
    ["edit", "Edit", "edit", ["e"], "grid"],
    ["edit_here", "Edit in the grid", "edit", ["Enter", "F2"], "grid"],
    ["check", "Check"],
    ["regenerate", "Regenerate", "regenerate", ["r"], "grid"],
    ["remake", "Regenerate at once", "regenerate", ["Shift+r"], "grid"],
    ["retry", "Retry", "regenerate", [], "grid"],
    ["rate", "Rate", "star", ["1", "2", "3", "4", "5", "0"], "grid"],
    ["stars", "Rate by the next requirement", "star", ["*"], "grid"],
    ["compare", "Compare versions", "diff", ["d"], "grid"],
    ["decline", "Keep the left version", "left", ["ArrowLeft"], "diff"],
    ["accept", "Keep the right version", "right", ["ArrowRight"], "diff"],
    ["left_version", "Older or newer on the left", "left", ["[", "]"], "diff"],
    ["right_version", "Older or newer on the right", "right", ["{", "}"], "diff"],
    ["revert", "Go back to a version"],
  ],
  Everywhere: [
    ["undo", "Undo", "undo", ["u", "Mod+z"]],
    ["redo", "Redo", "redo", ["Shift+u", "Mod+Shift+z"]],
    ["export", "Export", "export"],
    ["help", "Keys", "help", ["?"]],
  ],
  Move: [
    ["next", "Next sample", "down", ["j", "ArrowDown"], "grid"],
    ["previous", "Previous sample", "up", ["k", "ArrowUp"], "grid"],
    ["page_down", "A page down", null, ["PageDown"], "grid"],
    ["page_up", "A page up", null, ["PageUp"], "grid"],
    ["first", "First sample", null, ["Home"], "grid"],
    ["last", "Last sample", null, ["End"], "grid"],
    ["newest", "Go to the new samples", "down", ["n"], "grid"],
    ["find", "Find", "search", ["/"]],
    ["search", "Find"],
    ["filter", "Filters", "filter", ["Shift+f"]],
    ["unfilter", "Remove all filters", "x"],
    ["sort", "Sort", "sort"],
    ["columns", "Columns", "columns"],
    ["tree", "Topics", "tree", ["t"]],
  ],
  Select: [
    ["select", "Select the sample", null, [" "], "grid"],
    ["select_down", "Extend down", null, ["Shift+ArrowDown", "Shift+j"], "grid"],
    ["select_up", "Extend up", null, ["Shift+ArrowUp", "Shift+k"], "grid"],
    ["select_all", "All that the filter shows", null, ["Mod+a"], "grid"],
  ],
  Generate: [
    ["generate", "Generate", "play", ["g"]],
    ["grow", "Generate"],
    ["estimate", "Estimate"],
    ["generate_outputs", "Generate outputs", "play"],
    ["jobs", "Jobs", "queued"],
    ["repeat", "Generate again"],
    ["estimate_repeat", "Estimate"],
    ["pause", "Pause or go on", "pause"],
    ["stop", "Stop", "stop"],
    ["resume", "Resume", "play"],
    ["set_guidance", "Guidance", "guidance"],
    ["set_model", "Model", "model"],
    ["set_budget", "Budget", "budget"],
  ],
  Topics: [
    ["add_topics", "Add topic", "plus", ["+"], "tree"],
    ["rename_topic", "Rename", "edit", ["F2"], "tree"],
    ["set_topic", "Guidance and target", "guidance", ["e"], "tree"],
    ["move_topic", "Move under …", "right", ["m"], "tree"],
    ["merge_topic", "Merge into …", "diff", ["Shift+m"], "tree"],
    ["remove_topic", "Remove", "trash", ["Delete"], "tree"],
  ],
};

export const COMMANDS: readonly Command[] = (Object.keys(TABLE) as Group[]).flatMap((group) =>
  TABLE[group].map(([name, label, icon = null, keys = [], pane = "any"]) => ({ name, label, group, keys, pane, icon })),
);
