// Made by `python -m synth_widgets.widget.typescript`. Change the Python side, then run it again.

/** What a person has seen and confirmed of an estimate: calls and US dollars, at least and at most; who is asked. */
export interface Confirmed {
  calls: number[];
  cost: number[] | null;
  models: string[];
}

/** Samples that are judged; whether those that are kept or rejected already stay as they are. */
export interface VerdictArgs {
  ids: string[];
  only_undecided?: boolean;
}

/** Samples that are rejected, and why. */
export interface RejectArgs {
  ids: string[];
  only_undecided?: boolean;
  reason?: string | null;
}

/** Samples, by id. */
export interface Ids {
  ids: string[];
}

/** One sample and its new input, output or both; what is left out stays. */
export interface EditArgs {
  id: string;
  input?: unknown;
  output?: unknown;
}

/** Samples to make again, which part of them, and how it should differ. */
export interface Regenerate {
  confirmed?: Confirmed | null;
  ids: string[];
  part?: "input" | "output";
  guidance?: string | Partial<Record<"all" | "topics" | "inputs" | "outputs", string>> | null;
}

/** Pending or failed samples to answer; null: every pending one. */
export interface GenerateOutputs {
  confirmed?: Confirmed | null;
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

/** Samples to give as one text. */
export interface Copy {
  ids: string[];
  format?: "tsv" | "json" | "python";
}

/** Words to look for in the whole text of all samples. */
export interface Search {
  text: string;
}

/** The arguments of `Studio.grow`, for generation and for the estimate before it. */
export interface Grow {
  confirmed?: Confirmed | null;
  under?: string[];
  depth?: number;
  topics?: number | number[];
  samples?: number | null;
  outputs?: boolean;
  only?: boolean;
  thin?: boolean;
  guidance?: string | Partial<Record<"all" | "topics" | "inputs" | "outputs", string>> | null;
}

/** What `grow` with these arguments would send. */
export interface Estimate {
  confirmed?: Confirmed | null;
  under?: string[];
  depth?: number;
  topics?: number | number[];
  samples?: number | null;
  outputs?: boolean;
  only?: boolean;
  thin?: boolean;
  guidance?: string | Partial<Record<"all" | "topics" | "inputs" | "outputs", string>> | null;
}

/** A job that is started once more. */
export interface Repeat {
  confirmed?: Confirmed | null;
  job: string;
  n?: number;
}

/** A job, and how many times as much of it. */
export interface Again {
  job: string;
  n?: number;
}

/** A job's id, null for every running one, and whether it pauses or goes on. */
export interface PauseArgs {
  job?: string | null;
  on?: boolean;
}

/** A job's id; null cancels every running one. */
export interface CancelArgs {
  job?: string | null;
}

/** What is pending of jobs that ended early. */
export interface Resume {
  confirmed?: Confirmed | null;
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
  guidance?: string | Partial<Record<"all" | "topics" | "inputs" | "outputs", string>> | null;
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
  keep: VerdictArgs;
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
  copy: Copy;
  search: Search;
  grow: Grow;
  estimate: Estimate;
  generate_outputs: GenerateOutputs;
  repeat: Repeat;
  estimate_repeat: Again;
  pause: PauseArgs;
  cancel: CancelArgs;
  resume: Resume;
  estimate_resume: NoArgs;
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

export type CommandName = "keep" | "reject" | "reject_because" | "include" | "restore" | "skip" | "auto_advance" | "edit" | "edit_here" | "check" | "regenerate" | "remake" | "retry" | "rate" | "stars" | "compare" | "decline" | "accept" | "left_version" | "right_version" | "revert" | "undo" | "redo" | "next" | "previous" | "page_down" | "page_up" | "first" | "last" | "select" | "select_down" | "select_up" | "select_all" | "copy" | "copy_json" | "copy_python" | "density" | "newest" | "find" | "search" | "filter" | "unfilter" | "sort" | "columns" | "tree" | "generate" | "grow" | "estimate" | "generate_outputs" | "jobs" | "repeat" | "estimate_repeat" | "pause" | "cancel" | "resume" | "estimate_resume" | "add_topics" | "rename_topic" | "set_topic" | "move_topic" | "merge_topic" | "remove_topic" | "set_guidance" | "set_model" | "set_budget" | "export" | "palette" | "help";

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
  many: boolean;
  changes: boolean;
}

type Line = [CommandName, string, (string | null)?, string[]?, Pane?, boolean?, boolean?];
const TABLE: Record<Group, Line[]> = {
  Review: [
    ["keep", "Keep", "kept", ["a"], "grid", true, true],
    ["reject", "Reject", "rejected", ["x"], "grid", true, true],
    ["reject_because", "Reject because…", "rejected", ["Shift+x"], "grid", true, true],
    ["include", "Include the decided ones", "check", ["i"], "grid", false, true],
    ["restore", "Restore", "draft", [], "grid", true, true],
    ["skip", "Skip", "skip", ["s"], "grid"],
    ["auto_advance", "Auto-advance to the next draft", "down", [], "grid"],
    ["edit", "Edit", "edit", ["e"], "grid", false, true],
    ["edit_here", "Edit in the grid", "edit", ["Enter", "F2"], "grid"],
    ["check", "Check"],
    ["regenerate", "Regenerate", "regenerate", ["r"], "grid", true, true],
    ["remake", "Regenerate at once", "regenerate", ["Shift+r"], "grid", true, true],
    ["retry", "Retry", "regenerate", [], "grid", true, true],
    ["rate", "Rate", "star", ["1", "2", "3", "4", "5", "0"], "grid", true, true],
    ["stars", "Rate by the next requirement", "star", ["*"], "grid"],
    ["compare", "Compare versions", "diff", ["d"], "grid"],
    ["decline", "Keep the left version", "left", ["ArrowLeft"], "diff", false, true],
    ["accept", "Keep the right version", "right", ["ArrowRight"], "diff", false, true],
    ["left_version", "Older or newer on the left", "left", ["[", "]"], "diff"],
    ["right_version", "Older or newer on the right", "right", ["{", "}"], "diff"],
    ["revert", "Go back to a version", null, [], "any", false, true],
  ],
  Everywhere: [
    ["undo", "Undo", "undo", ["u", "Mod+z"], "any", false, true],
    ["redo", "Redo", "redo", ["Shift+u", "Mod+Shift+z"], "any", false, true],
    ["export", "Export", "export"],
    ["palette", "Commands", "prompt", ["Mod+k"]],
    ["help", "Keys", "help", ["?"]],
  ],
  Move: [
    ["next", "Next sample", "down", ["j", "ArrowDown"], "grid"],
    ["previous", "Previous sample", "up", ["k", "ArrowUp"], "grid"],
    ["page_down", "A page down", "down", ["PageDown"], "grid"],
    ["page_up", "A page up", "up", ["PageUp"], "grid"],
    ["first", "First sample", "up", ["Home"], "grid"],
    ["last", "Last sample", "down", ["End"], "grid"],
    ["density", "One sample at a time", "card", ["f"], "grid"],
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
    ["select", "Select the sample", "check", [" "], "grid"],
    ["select_down", "Extend down", "down", ["Shift+ArrowDown", "Shift+j"], "grid"],
    ["select_up", "Extend up", "up", ["Shift+ArrowUp", "Shift+k"], "grid"],
    ["select_all", "All that the filter shows", "check", ["Mod+a"], "grid"],
    ["copy", "Copy as a table", "copy", ["Mod+c"], "grid", true],
    ["copy_json", "Copy as JSON", "copy", [], "grid", true],
    ["copy_python", "Copy as Python", "copy", [], "grid", true],
  ],
  Generate: [
    ["generate", "Generate", "play", ["g"], "any", false, true],
    ["grow", "Generate", null, [], "any", false, true],
    ["estimate", "Estimate"],
    ["generate_outputs", "Generate outputs", "play", [], "any", false, true],
    ["jobs", "Jobs", "queued"],
    ["repeat", "Generate again", null, [], "any", false, true],
    ["estimate_repeat", "Estimate"],
    ["pause", "Pause or go on", "pause", [], "any", false, true],
    ["cancel", "Stop", "stop", [], "any", false, true],
    ["resume", "Resume", "play", [], "any", false, true],
    ["estimate_resume", "Estimate"],
    ["set_guidance", "Guidance", "guidance", [], "any", false, true],
    ["set_model", "Model", "model", [], "any", false, true],
    ["set_budget", "Budget", "budget", [], "any", false, true],
  ],
  Topics: [
    ["add_topics", "Add topic", "plus", ["+"], "tree", false, true],
    ["rename_topic", "Rename", "edit", ["F2"], "tree", false, true],
    ["set_topic", "Guidance and target", "guidance", ["e"], "tree", false, true],
    ["move_topic", "Move under …", "right", ["m"], "tree", false, true],
    ["merge_topic", "Merge into …", "diff", ["Shift+m"], "tree", false, true],
    ["remove_topic", "Remove", "trash", ["Delete"], "tree", false, true],
  ],
};

export const COMMANDS: readonly Command[] = (Object.keys(TABLE) as Group[]).flatMap((group) =>
  TABLE[group].map(([name, label, icon = null, keys = [], pane = "any", many = false, changes = false]) => ({ name, label, group, keys, pane, icon, many, changes })),
);
