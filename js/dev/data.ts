import type { Cell, SampleBody, SampleRow, StudioView, TaskView, TopicRow } from "../src/protocol.gen";

/** A task and texts of our own, so that the page shows what real data looks like. */
export const TREE: readonly [string, number][] = [
  ["Garden", 0],
  ["Watering", 1],
  ["Drip lines", 2],
  ["Holiday watering", 2],
  ["Pests", 1],
  ["Slugs on lettuce", 2],
  ["Kitchen", 0],
  ["Bread", 1],
  ["Sourdough starter", 2],
  ["Dense crumb", 2],
  ["Knives", 1],
  ["Workshop", 0],
  ["Wood glue", 1],
  ["Squeaking floorboards and stairs", 1],
  ["Bicycle", 0],
  ["Brakes", 1],
  ["Chain and gears", 1],
];

const ASKS = [
  "The drip hose at the far end of the bed stays dry although the pump runs. I cleaned the filter twice. What should I look at next before I dig everything up again?",
  "we're away for 16 days in august. tomatoes in pots, south wall. what survives?",
  "Something eats round holes into the lettuce at night. No slime that I can see. I would rather not use pellets because of the hedgehogs.",
  "Mein Sauerteig riecht nach Nagellack und geht nicht mehr auf. Ist er verloren, oder hilft häufigeres Füttern?",
  "My loaf is brown outside and like putty inside. 75 % hydration, 230 °C, 40 minutes. Same flour as always.",
  "كيف أشحذ سكين مطبخ من الفولاذ الياباني دون أن أفسد حدّته؟",
  "The chair leg came loose again. White glue held for a month. Do I have to drill the old glue out?",
  "Third stair from the top squeaks only in winter. Carpet is glued down, no access from below.",
  "Brake lever goes to the handlebar after I turned the bike upside down to fix the tube. It came back after ten pulls. Safe to ride?",
  "Chain skips under load on the two smallest sprockets, new chain, old cassette. Bought it in March, about 900 km.",
];
const SAYS = [
  "Check for a blocked end cap; flush the line from the far end before digging.",
  "Group the pots in shade, use a slow drip reservoir, and ask a neighbour once a week.",
  "Likely earwigs or beetles: look with a torch after dark, set board traps.",
  "Starved starter: feed twice a day at 25 °C for four days.",
  "Underbaked centre: bake to 96 °C inside, lower heat, longer.",
  "Use a 1000 then 3000 grit water stone at 15 degrees, light pressure.",
  "Yes: old glue stops new glue. Scrape or drill it out, then clamp overnight.",
  "Screw through the tread into the stringer with breakaway screws.",
  "Air reached the master cylinder: bleed the brake before riding.",
  "The worn cassette skips with a new chain: replace it.",
];
const AREAS = ["garden", "kitchen", "workshop", "bicycle"];

export const TASK: TaskView = {
  name: "Household advice",
  instruction:
    "Read a person's question about house, garden or bicycle; return the area, how urgent it is and one line of advice.",
  requirements: [
    {
      name: "Never advise work on gas or mains electricity.",
      text: "Never advise work on gas or mains electricity.",
      priority: "p0",
    },
    { name: "English", text: "Advice in English, whatever the question.", priority: "p1" },
  ],
  input: [],
  output: [
    { name: "area", says: "garden, kitchen, workshop, bicycle", required: true },
    { name: "urgency", says: "low, normal, high", required: true },
    { name: "needs_expert", says: "true or false", required: true },
    { name: "advice", says: "text, at most 120 characters", required: true },
    { name: "parts", says: "2 fields", required: false },
  ],
  input_schema: null,
  output_schema: {
    type: "object",
    properties: {
      area: { type: "string", enum: ["garden", "kitchen", "workshop", "bicycle"] },
      urgency: { type: "string", enum: ["low", "normal", "high"] },
      needs_expert: { type: "boolean" },
      advice: { type: "string", maxLength: 120 },
      parts: {
        type: "object",
        properties: { names: { type: "array", items: { type: "string" } }, price: { type: "number" } },
      },
    },
    required: ["area", "urgency", "needs_expert", "advice"],
  },
  version: 1,
  changed: null,
};

export const STUDIO: StudioView = {
  model: "local",
  model_mode: null,
  model_reason: "no key is set, and no model server answers on this machine",
  model_note:
    "The embedded model proves that everything works, without a key. Its texts are of demonstration quality: choose another model for data that you keep.",
  guidance: { all: "", topics: "", inputs: "", outputs: "" },
  path: "/home/you/household-advice.synth",
  session: "204117358120",
  undo: null,
  redo: null,
  read_only: null,
  unsaved: null,
  cost: "$0.19 of $1.00",
  budget: 1,
  share: 0.19,
  models: ["openai/gpt-5.4-mini"],
  call_tokens: 508,
  call_cost: 0.0003,
};

export function id(number: number): string {
  return number.toString(32).padStart(10, "0");
}

export function topics(target: number): TopicRow[] {
  const rows: TopicRow[] = [{ id: id(1), parent: null, name: "", target: null }];
  const open: string[] = [id(1)];
  TREE.forEach(([name, level], index) => {
    open.length = level + 1;
    const own = id(index + 2);
    const leaf = (TREE[index + 1]?.[1] ?? 0) <= level;
    rows.push({ id: own, parent: open.at(-1) ?? null, name, target: leaf ? target : null });
    open.push(own);
  });
  return rows;
}

export function leaves(rows: readonly TopicRow[]): TopicRow[] {
  const parents = new Set(rows.map((row) => row.parent));
  return rows.filter((row) => !parents.has(row.id));
}

function output(seed: number): Record<string, unknown> {
  const at = seed % ASKS.length;
  return {
    area: AREAS[seed % 4],
    urgency: ["low", "normal", "high"][seed % 3],
    needs_expert: seed % 5 === 0,
    advice: SAYS[at],
    ...(seed % 4 === 0 ? { parts: { names: ["end cap", "hose clamp"], price: 7.9 } } : {}),
  };
}

const cell = (tags: string[], text: string, raw = false): Cell => ({
  tags,
  text: text.slice(0, 300),
  raw,
  more: text.length > 300,
});

/** What a cell shows of a value of this task. */
export function shown(value: unknown): Cell {
  if (typeof value !== "object" || value === null) return cell([], String(value));
  const made = value as Record<string, unknown>;
  const tags = [String(made.area), String(made.urgency), ...(made.needs_expert ? ["needs_expert"] : [])];
  return cell(tags, String(made.advice));
}

export function ask(seed: number): string {
  return ASKS[seed % ASKS.length] ?? "";
}

const WRONG = '{"area": "bicycle", "urgency": "urgent", "needs_expert": true, "advice": "Do not ride it."}';

export function sample(seq: number, topic: string, status: SampleRow["status"]): SampleRow {
  const made = output(seq);
  const tags = [String(made.area), String(made.urgency), ...(made.needs_expert ? ["needs_expert"] : [])];
  const failed = status === "failed";
  const reasons = ["urgency: “urgent” is not one of low, normal, high", "The model refused to answer"];
  return {
    id: id(1000 + seq),
    seq,
    topic,
    status,
    input: cell([], ask(seq)),
    output: status === "pending" ? null : failed ? cell([], WRONG, true) : cell(tags, String(made.advice)),
    reason: failed ? (reasons[seq % 3 === 0 ? 1 : 0] ?? null) : null,
    stars: [null, 4, null, 5, 2][seq % 5] ?? null,
    session: seq % 3 ? STUDIO.session : "118020471735",
    model: seq % 4 ? "openai/gpt-6-luna" : "local",
    ...(seq % 7 === 0 ? { tags: ["hard", "reviewed"] } : {}),
    length: 8 + ((seq * 37) % 90),
    version: 1,
    origin: seq % 13 === 0 ? "edited" : "generated",
  };
}

export function body(row: SampleRow): SampleBody {
  const failed = row.status === "failed";
  const made = [
    ["Model", "openai/gpt-6-luna"],
    ["Way", "json schema"],
    ["Prompt", "basic"],
    ["Usage", "412 + 96 tokens · $0.0003 · 1.8 s"],
  ];
  const version = (n: number, origin: string) => ({
    n,
    origin,
    input: ask(row.seq),
    output: row.status === "pending" || failed ? null : output(row.seq),
    reasoning: null,
    problem: failed ? row.reason : null,
    created: 1_790_000_000,
    task_version: 1,
    by: origin === "edited" ? "edited by you" : `${origin} by gpt-6-luna`,
    made,
    raw: WRONG,
  });
  const versions =
    row.origin === "edited" ? [version(0, "generated"), version(1, "edited")] : [version(1, "generated")];
  return {
    id: row.id,
    version: row.version,
    proposal: null,
    unfinished: null,
    stars: row.stars,
    ratings: {},
    tags: [],
    versions,
  };
}
