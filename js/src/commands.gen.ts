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
  guidance?: string | null;
}

/** A job's id; null stops every running one. */
export interface StopArgs {
  job?: string | null;
}

/** Paths from the root, each a list of names; missing ancestors are made. */
export interface AddTopics {
  paths: string[][];
}

/** One topic, by path. */
export interface TopicPath {
  path: string[];
}

/** A topic and its new name. */
export interface RenameTopic {
  path: string[];
  name: string;
}

/** A topic's guidance or target; what is left out stays. */
export interface SetTopic {
  path: string[];
  guidance?: string | null;
  target?: number | null;
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
  accept: Ids;
  decline: Ids;
  undo: NoArgs;
  redo: NoArgs;
  search: Search;
  grow: Grow;
  estimate: Estimate;
  generate_outputs: GenerateOutputs;
  stop: StopArgs;
  resume: NoArgs;
  add_topics: AddTopics;
  remove_topic: TopicPath;
  rename_topic: RenameTopic;
  set_topic: SetTopic;
  set_guidance: SetGuidance;
  set_model: SetModel;
  export: Export;
}

export type WireName = keyof WireArgs;

export type CommandName = "keep" | "reject" | "restore" | "skip" | "edit" | "check" | "regenerate" | "remake" | "retry" | "rate" | "compare" | "accept" | "decline" | "undo" | "redo" | "next" | "previous" | "page_down" | "page_up" | "first" | "last" | "select" | "select_down" | "select_up" | "select_all" | "newest" | "find" | "search" | "tree" | "generate" | "grow" | "estimate" | "generate_outputs" | "jobs" | "stop" | "resume" | "add_topics" | "remove_topic" | "rename_topic" | "set_topic" | "set_guidance" | "set_model" | "export" | "help";

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

type Line = [CommandName, string, Group, string[], Pane, string | null];
const TABLE: Line[] = [
  ["keep", "Keep", "Review", ["a"], "grid", "kept"],
  ["reject", "Reject", "Review", ["x"], "grid", "rejected"],
  ["restore", "Restore", "Review", [], "grid", "draft"],
  ["skip", "Skip", "Review", ["s"], "grid", "skip"],
  ["edit", "Edit", "Review", ["e"], "grid", "edit"],
  ["check", "Check", "Review", [], "any", null],
  ["regenerate", "Regenerate", "Review", ["r"], "grid", "regenerate"],
  ["remake", "Regenerate at once", "Review", ["Shift+r"], "grid", "regenerate"],
  ["retry", "Retry", "Review", [], "grid", "regenerate"],
  ["rate", "Rate", "Review", ["1", "2", "3", "4", "5", "0"], "grid", "star"],
  ["compare", "Compare with the new version", "Review", ["d"], "grid", "diff"],
  ["accept", "Take the new version", "Review", ["ArrowRight"], "diff", "right"],
  ["decline", "Stay with this version", "Review", ["ArrowLeft"], "diff", "left"],
  ["undo", "Undo", "Everywhere", ["u", "Mod+z"], "any", "undo"],
  ["redo", "Redo", "Everywhere", ["Shift+u", "Mod+Shift+z"], "any", "redo"],
  ["next", "Next sample", "Move", ["j", "ArrowDown"], "grid", "down"],
  ["previous", "Previous sample", "Move", ["k", "ArrowUp"], "grid", "up"],
  ["page_down", "A page down", "Move", ["PageDown"], "grid", null],
  ["page_up", "A page up", "Move", ["PageUp"], "grid", null],
  ["first", "First sample", "Move", ["Home"], "grid", null],
  ["last", "Last sample", "Move", ["End"], "grid", null],
  ["select", "Select the sample", "Select", [" "], "grid", null],
  ["select_down", "Extend down", "Select", ["Shift+ArrowDown", "Shift+j"], "grid", null],
  ["select_up", "Extend up", "Select", ["Shift+ArrowUp", "Shift+k"], "grid", null],
  ["select_all", "All that the filter shows", "Select", ["Mod+a"], "grid", null],
  ["newest", "Go to the new samples", "Move", ["n"], "grid", "down"],
  ["find", "Find", "Move", ["/"], "any", "search"],
  ["search", "Find", "Move", [], "any", null],
  ["tree", "Topics", "Move", ["t"], "any", "tree"],
  ["generate", "Generate", "Generate", ["g"], "any", "play"],
  ["grow", "Generate", "Generate", [], "any", null],
  ["estimate", "Estimate", "Generate", [], "any", null],
  ["generate_outputs", "Generate outputs", "Generate", [], "any", "play"],
  ["jobs", "Jobs", "Generate", [], "any", "queued"],
  ["stop", "Stop", "Generate", [], "any", "stop"],
  ["resume", "Resume", "Generate", [], "any", "play"],
  ["add_topics", "Add topic", "Topics", ["+"], "tree", "plus"],
  ["remove_topic", "Remove topic", "Topics", ["Delete"], "tree", "trash"],
  ["rename_topic", "Rename topic", "Topics", ["F2"], "tree", "edit"],
  ["set_topic", "Change topic", "Topics", [], "any", null],
  ["set_guidance", "Guidance", "Generate", [], "any", "guidance"],
  ["set_model", "Model", "Generate", [], "any", "model"],
  ["export", "Export", "Everywhere", [], "any", "export"],
  ["help", "Keys", "Everywhere", ["?"], "any", "help"],
];

export const COMMANDS: readonly Command[] = TABLE.map(([name, label, group, keys, pane, icon]) => ({
  name,
  label,
  group,
  keys,
  pane,
  icon,
}));
