/** What differs between two texts, by words. Pure. */

export interface Piece {
  text: string;
  /** In both, only in the old one, only in the new one. */
  kind: "same" | "del" | "ins";
}

/** Ideographs are words of their own, other letters run together, all else stands alone. */
const WORDS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}_]+|\s+|./gsu;
/** Above this many pairs of words all counts as replaced. */
const PAIRS = 10_000_000;

export function diffWords(before: string, after: string): Piece[] {
  const a = before.match(WORDS) ?? [];
  const b = after.match(WORDS) ?? [];
  const width = b.length + 1;
  const few = a.length * b.length < PAIRS;
  /** How many words the rests after each pair of places have in common. */
  const common = new Uint16Array(few ? (a.length + 1) * width : 0);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = a.length - 1; few && i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j] ? 1 + at(i + 1, j + 1) : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pieces: Piece[] = [];
  let i = 0;
  let j = 0;
  for (let word = a[0]; i < a.length || j < b.length; word = a[i]) {
    if (few && word !== undefined && word === b[j]) {
      pieces.push({ text: word, kind: "same" });
      i += 1;
      j += 1;
    } else if (word !== undefined && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      pieces.push({ text: word, kind: "del" });
      i += 1;
    } else {
      pieces.push({ text: b[j] as string, kind: "ins" });
      j += 1;
    }
  }
  return pieces;
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
