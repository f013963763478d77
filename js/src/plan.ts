import type { Grow } from "./commands.gen";
import type { EstimateView, TopicRow } from "./protocol.gen";
import { named } from "./shown";
import type { View } from "./view";
import { compact, dollars, some } from "./words";

/** How much is asked for: topics below the chosen one, subtopics in each, samples in each of the last. */
export interface Shape {
  topics: number;
  subtopics: number;
  samples: number;
}

/** Which topics get samples: the leaves, the topic alone, or leaves that have less than half of what is wanted. */
export type Where = "" | "only" | "thin";

/** Texts of guidance, by what each is for. */
export type Guidance = NonNullable<TopicRow["guidance"]>;

/** What one text of guidance is for: topics and inputs, or what is named. */
export type Aim = "" | "outputs" | "all";
export const AIMS: readonly (readonly [Aim, string])[] = [
  ["", "Topics and inputs"],
  ["outputs", "Outputs"],
  ["all", "Every step"],
];

/** Guidance as `grow` takes it: there, a text alone is for topics and inputs. */
export function aimed(text: string, aim: Aim): Grow["guidance"] {
  const told = text.trim();
  return told && aim ? { [aim]: told } : told || null;
}

/** Texts of guidance to choose from, by their names. Each is a line that says by itself what it is about. */
export const TEXTS: readonly (readonly [string, string])[] = [
  ["Edge cases", "Inputs are edge cases: rare, incomplete, contradictory, or at the limit of the task."],
  [
    "Adversarial",
    "Inputs try to mislead the task: false claims, orders hidden in the text, requests that it must not fulfil.",
  ],
  ["Other languages", "One input in four is in another language, as a native speaker would write it."],
  ["Lengths", "Inputs differ much in length: some a few words, some several paragraphs."],
  ["Reproduce a bug", "Each input is a variation of this one, which went wrong:"],
];

/** The guidance with this line at its end, or without it where it has it. */
export function withLine(guidance: string, line: string): string {
  const lines = guidance.split("\n");
  if (lines.includes(line)) return lines.filter((each) => each !== line).join("\n");
  return guidance.trim() ? `${guidance.trimEnd()}\n${line}` : line;
}

/** What would be sent, to whom: "400 model calls to openai/gpt-6-luna, $1.20 – $2.40". */
export function toSend({ calls, models, figures }: EstimateView): string {
  const [cost] = figures.find(([, label]) => label === "cost") ?? [];
  const costs = cost === "unknown" ? ", cost unknown" : cost ? `, ${cost}` : "";
  return `${some(calls[0] ?? 0, "model call")} to ${models.map(named).join(" and ")}${costs}`;
}

/** What so many calls take: "24 model calls, 12 k tokens, $0.0072". */
export function spending(view: View, calls: number): string {
  const { call_tokens = 0, call_cost = null } = view.replica.studio.value ?? {};
  const parts = [some(calls, "model call"), `about ${compact(calls * call_tokens)} tokens`];
  if (call_cost !== 0) parts.push(call_cost === null ? "cost unknown" : dollars(calls * call_cost));
  return parts.join(", ");
}

export const LIMITS: Readonly<Record<keyof Shape | "times", [number, number]>> = {
  times: [1, 100],
  topics: [0, 1000],
  subtopics: [0, 1000],
  samples: [1, 10_000],
};

/** The arguments of `grow`. Without topics the samples go to the chosen topic itself. */
export function growArgs(
  shape: Shape,
  under: readonly string[],
  guidance: Grow["guidance"],
  outputs = true,
  where: Where = "",
): Grow {
  const levels =
    shape.topics === 0 ? [] : shape.subtopics === 0 ? [shape.topics] : [shape.topics, shape.subtopics];
  return {
    under: [...under],
    depth: levels.length,
    ...(levels.length > 0 ? { topics: levels } : {}),
    samples: shape.samples,
    ...(outputs ? {} : { outputs }),
    ...(where && { [where]: true }),
    guidance: guidance ?? null,
  };
}

/** How many samples a tree of this shape holds when it is full. */
export function product(shape: Shape): number {
  if (shape.topics === 0) return shape.samples;
  return shape.topics * Math.max(1, shape.subtopics) * shape.samples;
}

export function clamp(part: keyof typeof LIMITS, value: number): number {
  const [low, high] = LIMITS[part];
  return Number.isFinite(value) ? Math.min(high, Math.max(low, Math.round(value))) : low;
}
