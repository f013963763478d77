// Made by `python -m synth_widgets.widget.typescript`. Change the Python side, then run it again.

export const PROTOCOL = 2;
export const HEAD = 300;

/**
 * What a grid cell shows of one JSON value: its short fields as tags, then its longest text.
 *
 * `raw`: it is JSON or a model's raw words, to be set in mono; `more`: it was cut at `HEAD` characters.
 */
export interface Cell {
  tags: string[];
  text: string;
  raw: boolean;
  more: boolean;
}

/**
 * One row of the grid. `topic` is a topic's id; `seq` orders rows by their birth. What is not there is not sent.
 *
 * `model`: of the last call behind the version; `tags`: those of people; `length`: words of input and output.
 * `stale`: the input was edited after the output was made; an `unfinished` edit, or a new version, waits (`proposal`).
 */
export interface SampleRow {
  id: string;
  seq: number;
  topic: string;
  status: "pending" | "draft" | "kept" | "rejected" | "failed";
  input: Cell | null;
  output: Cell | null;
  reason: string | null;
  stars: number | null;
  session: string;
  model?: string;
  tags?: string[];
  length: number;
  version: number;
  origin: "generated" | "edited" | "regenerated" | "own";
  stale?: boolean;
  unfinished?: boolean;
  proposal?: boolean;
}

/** One node of the tree. The root has no parent and an empty name; `guidance`: its texts by what each is for. */
export interface TopicRow {
  id: string;
  parent: string | null;
  name: string;
  guidance?: Partial<Record<"all" | "topics" | "inputs" | "outputs", string>>;
  target: number | null;
}

/**
 * One job as the run bar shows it. `note` says why it stopped, or what it could not do.
 *
 * `title`: what it makes; `headline`: how it ended; `paused`: it sends nothing now; `owed`: what `resume` would send.
 * `cost` and `guidance` are in words. `own_model`: who is asked instead of the studio's models, or null.
 */
export interface JobRow {
  id: string;
  kind: string;
  title: string;
  headline: string;
  models: string[];
  own_model: string | null;
  guidance: string;
  started: number;
  ended: number | null;
  status: "running" | "done" | "cancelled" | "stopped" | "interrupted";
  paused: boolean;
  done: number;
  total: number;
  added: number;
  failed: number;
  dropped: number;
  tokens: number;
  cost: string;
  owed: number;
  note: string | null;
}

/** One declared property, described for a person: ``urgency``, ``low, normal, high``. */
export interface FieldView {
  name: string;
  says: string;
  required: boolean;
}

/**
 * The task, described for a person. `input` and `output` are empty lists for plain text, their schemas null.
 *
 * `changed`: what this version changed and what that did to the samples, or null when it was changed in no way here.
 */
export interface TaskView {
  name: string;
  instruction: string;
  requirements: RequirementView[];
  input: FieldView[];
  output: FieldView[];
  input_schema: unknown;
  output_schema: unknown;
  version: number;
  changed: string | null;
}

/** One requirement with its priority, p0 most important; `name` is its key in ratings. */
export interface RequirementView {
  name: string;
  text: string;
  priority: string;
}

/** The studio's guidance: for every step, and for single ones. */
export interface GuidanceView {
  all: string;
  topics: string;
  inputs: string;
  outputs: string;
}

/**
 * All that is neither task, topic, sample nor job. Sent whole when any of it changes.
 *
 * A call for an output takes about `call_tokens` and `call_cost` US dollars, null when unknown. `cost`: spent so far,
 * in words; `share`: of the `budget`, 0 to 1.
 *
 * `models`: who answers the steps; `model_reason`: why it is this model, null when it was given in this kernel;
 * `model_mode`: how it is asked for JSON, null while unknown; `model_note`: what to know before trusting its texts.
 * `undo`: what it would take back ("Reject 3"); `read_only`: why nothing can be changed here; `unsaved`: why the file
 * takes nothing; or null.
 */
export interface StudioView {
  model: string;
  models: string[];
  model_reason: string | null;
  model_mode: string | null;
  model_note: string | null;
  guidance: GuidanceView;
  path: string;
  session: string;
  cost: string;
  budget: number | null;
  share: number | null;
  call_tokens: number;
  call_cost: number | null;
  undo: string | null;
  redo: string | null;
  read_only: string | null;
  unsaved: string | null;
}

/** One page of the whole state at `rev`. The first carries everything but the samples that do not fit. */
export interface Snapshot {
  t: "snapshot";
  protocol: number;
  epoch: string;
  rev: number;
  page: number;
  pages: number;
  studio?: StudioView;
  task?: TaskView;
  topics?: TopicRow[];
  jobs?: JobRow[];
  samples: SampleRow[];
}

/** Insert or replace a row. */
export interface PutSample {
  op: "sample";
  row: SampleRow;
}

/** The sample is no longer visible. */
export interface DropSample {
  op: "-sample";
  id: string;
}

/** Insert or replace a node. */
export interface PutTopic {
  op: "topic";
  row: TopicRow;
}

/** The node is no longer visible; its subtree and samples are dropped by operations of their own. */
export interface DropTopic {
  op: "-topic";
  id: string;
}

/** Insert or replace a job. */
export interface PutJob {
  op: "job";
  row: JobRow;
}

/** Replace the studio's own fields. */
export interface PutStudio {
  op: "studio";
  row: StudioView;
}

/** Replace the task by a newer version. */
export interface PutTask {
  op: "task";
  row: TaskView;
}

/** The state at `rev`, as changes to the state at `base`. A front end at another revision asks for a resync. */
export interface Delta {
  t: "delta";
  epoch: string;
  base: number;
  rev: number;
  ops: (PutSample | DropSample | PutTopic | DropTopic | PutJob | PutStudio | PutTask)[];
}

/** How a running job is doing, as `Job.progress` has it; `spent`: in all; `share`: of the budget. Lossy. */
export interface Progress {
  t: "progress";
  job: string;
  step: "topics" | "inputs" | "outputs";
  done: number;
  total: number;
  failed: number;
  tokens: number;
  cost: string;
  spent: string;
  share: number | null;
  rate: number;
  eta: number | null;
  topics: string[];
  waiting: string | null;
}

/** What a run would send, at least and at most, and bring; `figures` say it, with label and tooltip. */
export interface EstimateView {
  calls: number[];
  prompt_tokens: number[];
  completion_tokens: number[];
  cost: number[] | null;
  topics: number;
  samples: number;
  models: string[];
  figures: string[][];
}

/**
 * What went wrong and what to do, in words for a person.
 *
 * `estimate`: nothing was sent, for a person has to confirm this first. The command is sent again with it then.
 */
export interface WireError {
  message: string;
  kind: string;
  estimate?: EstimateView;
}

/** The answer to the `Cmd` with this `rid`: `ok`, the method's result, or `error`. */
export interface Reply {
  t: "reply";
  rid: string;
  ok?: unknown;
  error?: WireError;
}

/** What `search` replies: samples whose whole text has the words, as they were made; `more`: too many to list. */
export interface Found {
  ids: string[];
  more: boolean;
}

/**
 * One version of a sample, whole. `by` says who made it and how, `made` the calls behind it: labels and words.
 *
 * `raw` is what the model wrote, as far as it is held.
 */
export interface VersionView {
  n: number;
  origin: string;
  input: unknown;
  output: unknown;
  reasoning: string | null;
  problem: string | null;
  created: number;
  task_version: number;
  by: string;
  made: string[][];
  raw: string | null;
}

/** An edit that does not comply yet. `problem` says why. */
export interface Unfinished {
  input: unknown;
  output: unknown;
  problem: string;
}

/** A whole sample, as the detail pane shows it. `version` and `proposal` (if empty, on its way) are numbers. */
export interface SampleBody {
  id: string;
  version: number;
  proposal: number | null;
  unfinished: Unfinished | null;
  stars: number | null;
  ratings: Record<string, number>;
  tags: string[];
  versions: VersionView[];
}

/** The answer to `Body`. An id that is not there has no entry; none is older than a row that was sent before. */
export interface Bodies {
  t: "bodies";
  rev: number;
  samples: SampleBody[];
}

/** The answer to `Save`, and the trait `_snapshot`: what a widget shows whose kernel does not answer. */
export interface Saved {
  t: "saved";
  /** When it was taken, in seconds since the epoch. */
  at: number;
  /** Samples in the studio; the page holds the first of them. */
  total: number;
  /** Null while there is nothing to show. */
  page: Snapshot | null;
}

/** Something to say to the person that no row or reply says. */
export interface Notice {
  t: "notice";
  level: "info" | "warn" | "error";
  text: string;
}

/**
 * Sent on every render. With the epoch and revision of a replica that is still held, or nulls.
 *
 * It is always answered: with a snapshot, or with a delta from `rev`, an empty one when nothing is missing.
 */
export interface Hello {
  t: "hello";
  epoch: string | null;
  rev: number | null;
}

/** One action. `name` and `args` are those of the command table; `rid` is the front end's own, unique there. */
export interface Cmd {
  t: "cmd";
  rid: string;
  name: string;
  args: Record<string, unknown>;
}

/** A delta did not fit onto `rev`: send what is missing, or everything. */
export interface Resync {
  t: "resync";
  rev: number | null;
}

/** Send these samples whole. At most 100 ids. */
export interface Body {
  t: "body";
  ids: string[];
}

/** Send what a notebook that is saved now should show without a kernel. */
export interface Save {
  t: "save";
}

export type ToFront = Snapshot | Delta | Progress | Reply | Bodies | Saved | Notice;

export type ToKernel = Hello | Cmd | Resync | Body | Save;
