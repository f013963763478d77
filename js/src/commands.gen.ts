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

/** A file beside the notebook, its format by its ending, and which samples it takes. */
export interface Export {
  path: string;
  status?: "kept" | "draft" | "all";
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

/** One thing a person can do; `wire` when the kernel does it. */
export interface Command {
  name: CommandName;
  label: string;
  group: Group;
  wire: boolean;
  keys: readonly string[];
  pane: Pane;
  icon: string | null;
}

export const COMMANDS: readonly Command[] = [
  {"name": "keep", "label": "Keep", "group": "Review", "wire": true, "keys": ["a"], "pane": "grid", "icon": "kept"},
  {"name": "reject", "label": "Reject", "group": "Review", "wire": true, "keys": ["x"], "pane": "grid", "icon": "rejected"},
  {"name": "restore", "label": "Restore", "group": "Review", "wire": true, "keys": [], "pane": "grid", "icon": "draft"},
  {"name": "skip", "label": "Skip", "group": "Review", "wire": false, "keys": ["s"], "pane": "grid", "icon": "skip"},
  {"name": "edit", "label": "Edit", "group": "Review", "wire": true, "keys": ["e"], "pane": "grid", "icon": "edit"},
  {"name": "check", "label": "Check", "group": "Review", "wire": true, "keys": [], "pane": "any", "icon": null},
  {"name": "regenerate", "label": "Regenerate", "group": "Review", "wire": true, "keys": ["r"], "pane": "grid", "icon": "regenerate"},
  {"name": "remake", "label": "Regenerate at once", "group": "Review", "wire": false, "keys": ["Shift+r"], "pane": "grid", "icon": "regenerate"},
  {"name": "retry", "label": "Retry", "group": "Review", "wire": true, "keys": [], "pane": "grid", "icon": "regenerate"},
  {"name": "rate", "label": "Rate", "group": "Review", "wire": true, "keys": ["1", "2", "3", "4", "5", "0"], "pane": "grid", "icon": "star"},
  {"name": "compare", "label": "Compare with the new version", "group": "Review", "wire": false, "keys": ["d"], "pane": "grid", "icon": "diff"},
  {"name": "accept", "label": "Take the new version", "group": "Review", "wire": true, "keys": ["ArrowRight"], "pane": "diff", "icon": "right"},
  {"name": "decline", "label": "Stay with this version", "group": "Review", "wire": true, "keys": ["ArrowLeft"], "pane": "diff", "icon": "left"},
  {"name": "undo", "label": "Undo", "group": "Everywhere", "wire": true, "keys": ["u", "Mod+z"], "pane": "any", "icon": "undo"},
  {"name": "redo", "label": "Redo", "group": "Everywhere", "wire": true, "keys": ["Shift+u", "Mod+Shift+z"], "pane": "any", "icon": "redo"},
  {"name": "next", "label": "Next sample", "group": "Move", "wire": false, "keys": ["j", "ArrowDown"], "pane": "grid", "icon": "down"},
  {"name": "previous", "label": "Previous sample", "group": "Move", "wire": false, "keys": ["k", "ArrowUp"], "pane": "grid", "icon": "up"},
  {"name": "page_down", "label": "A page down", "group": "Move", "wire": false, "keys": ["PageDown"], "pane": "grid", "icon": null},
  {"name": "page_up", "label": "A page up", "group": "Move", "wire": false, "keys": ["PageUp"], "pane": "grid", "icon": null},
  {"name": "first", "label": "First sample", "group": "Move", "wire": false, "keys": ["Home"], "pane": "grid", "icon": null},
  {"name": "last", "label": "Last sample", "group": "Move", "wire": false, "keys": ["End"], "pane": "grid", "icon": null},
  {"name": "select", "label": "Select the sample", "group": "Select", "wire": false, "keys": [" "], "pane": "grid", "icon": null},
  {"name": "select_down", "label": "Extend down", "group": "Select", "wire": false, "keys": ["Shift+ArrowDown", "Shift+j"], "pane": "grid", "icon": null},
  {"name": "select_up", "label": "Extend up", "group": "Select", "wire": false, "keys": ["Shift+ArrowUp", "Shift+k"], "pane": "grid", "icon": null},
  {"name": "select_all", "label": "All that the filter shows", "group": "Select", "wire": false, "keys": ["Mod+a"], "pane": "grid", "icon": null},
  {"name": "newest", "label": "Go to the new samples", "group": "Move", "wire": false, "keys": ["n"], "pane": "grid", "icon": "down"},
  {"name": "find", "label": "Find", "group": "Move", "wire": false, "keys": ["/"], "pane": "any", "icon": "search"},
  {"name": "search", "label": "Find", "group": "Move", "wire": true, "keys": [], "pane": "any", "icon": null},
  {"name": "tree", "label": "Topics", "group": "Move", "wire": false, "keys": ["t"], "pane": "any", "icon": "tree"},
  {"name": "generate", "label": "Generate", "group": "Generate", "wire": false, "keys": ["g"], "pane": "any", "icon": "play"},
  {"name": "grow", "label": "Generate", "group": "Generate", "wire": true, "keys": [], "pane": "any", "icon": null},
  {"name": "estimate", "label": "Estimate", "group": "Generate", "wire": true, "keys": [], "pane": "any", "icon": null},
  {"name": "generate_outputs", "label": "Generate outputs", "group": "Generate", "wire": true, "keys": [], "pane": "any", "icon": "play"},
  {"name": "jobs", "label": "Jobs", "group": "Generate", "wire": false, "keys": [], "pane": "any", "icon": "queued"},
  {"name": "stop", "label": "Stop", "group": "Generate", "wire": true, "keys": [], "pane": "any", "icon": "stop"},
  {"name": "resume", "label": "Resume", "group": "Generate", "wire": true, "keys": [], "pane": "any", "icon": "play"},
  {"name": "add_topics", "label": "Add topic", "group": "Topics", "wire": true, "keys": ["+"], "pane": "tree", "icon": "plus"},
  {"name": "remove_topic", "label": "Remove topic", "group": "Topics", "wire": true, "keys": ["Delete"], "pane": "tree", "icon": "trash"},
  {"name": "rename_topic", "label": "Rename topic", "group": "Topics", "wire": true, "keys": ["F2"], "pane": "tree", "icon": "edit"},
  {"name": "set_topic", "label": "Change topic", "group": "Topics", "wire": true, "keys": [], "pane": "any", "icon": null},
  {"name": "set_guidance", "label": "Guidance", "group": "Generate", "wire": true, "keys": [], "pane": "any", "icon": "guidance"},
  {"name": "set_model", "label": "Model", "group": "Generate", "wire": true, "keys": [], "pane": "any", "icon": "model"},
  {"name": "export", "label": "Export", "group": "Everywhere", "wire": true, "keys": [], "pane": "any", "icon": "export"},
  {"name": "help", "label": "Keys", "group": "Everywhere", "wire": false, "keys": ["?"], "pane": "any", "icon": "help"},
];
