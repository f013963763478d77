/** What differs between two texts, by words. Pure. */
import { diffArrays } from "diff";

export interface Piece {
  text: string;
  /** In both, only in the old one, only in the new one. */
  kind: "same" | "del" | "ins";
}

/** Ideographs are words of their own, other letters run together, all else stands alone. */
const WORDS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}_]+|\s+|./gsu;
/** Where more of the words that both have stand elsewhere, all between the first and the last change counts as replaced. */
const MOST = 1000;

export function diffWords(before: string, after: string): Piece[] {
  const a = before.match(WORDS) ?? [];
  const b = after.match(WORDS) ?? [];
  const least = Math.min(a.length, b.length);
  let head = 0;
  while (head < least && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < least - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const end = a.length - tail;
  return [
    ...pieces(a.slice(0, head), "same"),
    ...changed(a.slice(head, end), b.slice(head, b.length - tail)),
    ...pieces(a.slice(end), "same"),
  ];
}

function pieces(words: readonly string[], kind: Piece["kind"]): Piece[] {
  return words.map((text) => ({ text, kind }));
}

/** The fewest deletions and insertions that make one list of words another. */
function changed(a: readonly string[], b: readonly string[]): Piece[] {
  const [inA, inB] = [new Set(a), new Set(b)];
  // A word that only one of them has is changed whatever stands around it: what is left is compared in less time.
  const [sharedA, sharedB] = [a.filter((word) => inB.has(word)), b.filter((word) => inA.has(word))];
  const edits = diffArrays(sharedA, sharedB, { maxEditLength: MOST });
  if (!edits) return [...pieces(a, "del"), ...pieces(b, "ins")];
  const found: Piece[] = [];
  let [x, y] = [0, 0];
  const alone = () => {
    for (; x < a.length && !inB.has(a[x] as string); x += 1)
      found.push({ text: a[x] as string, kind: "del" });
    for (; y < b.length && !inA.has(b[y] as string); y += 1)
      found.push({ text: b[y] as string, kind: "ins" });
  };
  for (const { value, removed, added } of edits) {
    for (const text of value) {
      alone();
      found.push({ text, kind: removed ? "del" : added ? "ins" : "same" });
      if (!added) x += 1;
      if (!removed) y += 1;
    }
  }
  alone();
  return found;
}

/** What one side shows, neighbours of one kind together; a space between two changes belongs to them. */
export function sideOf(pieces: readonly Piece[], kind: "del" | "ins"): Piece[] {
  const own = pieces.filter((piece) => piece.kind === "same" || piece.kind === kind);
  const runs: Piece[] = [];
  own.forEach((piece, at) => {
    const between = !piece.text.trim() && own[at - 1]?.kind === kind && own[at + 1]?.kind === kind;
    const is = between ? kind : piece.kind;
    const last = runs.at(-1);
    if (last?.kind === is) last.text += piece.text;
    else runs.push({ text: piece.text, kind: is });
  });
  return runs;
}

/** A JSON value as lines to compare: the path of each field and what stands there. */
export function flatten(value: unknown, name = ""): [string, string][] {
  if (typeof value !== "object" || value === null)
    return [[name, typeof value === "string" ? value : String(value)]];
  const entries = Object.entries(value);
  const nested = entries.some(([, each]) => typeof each === "object" && each !== null);
  if (Array.isArray(value) && !nested) return [[name, value.map(String).join(", ")]];
  if (entries.length === 0) return [[name, "{}"]];
  return entries.flatMap(([key, each]) => {
    const part = Array.isArray(value) ? String(Number(key) + 1) : key;
    return flatten(each, name ? `${name}.${part}` : part);
  });
}

export interface Line {
  name: string;
  before: string | null;
  after: string | null;
}

/** The fields of both values, the old ones in their order, then those that are new. */
export function lines(before: unknown, after: unknown): Line[] {
  const old = new Map(flatten(before));
  const now = new Map(flatten(after));
  return [...new Set([...old.keys(), ...now.keys()])].map((name) => ({
    name,
    before: old.get(name) ?? null,
    after: now.get(name) ?? null,
  }));
}
