import type { Cell, SampleRow } from "./protocol.gen";

const ACCENTS = /[\u0300-\u036f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/;

/** Text as it is compared: small letters without accents. */
export function fold(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : text.normalize("NFD").replace(ACCENTS, "").toLowerCase();
}

/** What to look for: every one of these must stand somewhere in a sample. */
export function wordsIn(query: string): string[] {
  return [...new Set(fold(query).split(/\s+/).filter(Boolean))];
}

interface Entry {
  text: string;
  /** Number of the question that `hit` answers. */
  asked: number;
  hit: boolean;
}

/**
 * Finds rows by words. A row's text is folded once, when it is first looked at, and forgotten with the row; an answer
 * holds until the question changes, so that rows that stream in cost nothing for those that are there.
 */
export class Finder {
  readonly #entries = new WeakMap<SampleRow, Entry>();
  #words: readonly string[] = [];
  #key = "";
  #asked = 0;
  /** The question before this one, when whatever it missed this one misses too. */
  #wider = -2;

  /** Sets the question. */
  ask(words: readonly string[]): void {
    const key = words.join(" ");
    if (key === this.#key) return;
    this.#wider = this.#words.every((old) => words.some((word) => word.includes(old))) ? this.#asked : -2;
    this.#words = words;
    this.#key = key;
    this.#asked += 1;
  }

  /** Whether a row holds all words, those aside that its topic's names hold. */
  finds(row: SampleRow, open: readonly string[]): boolean {
    if (open.length === 0) return true;
    const entry = this.#entry(row);
    const whole = open.length === this.#words.length;
    if (whole && entry.asked === this.#asked) return entry.hit;
    const missed = whole && entry.asked === this.#wider && !entry.hit;
    const hit = !missed && open.every((word) => entry.text.includes(word));
    if (whole) {
      entry.asked = this.#asked;
      entry.hit = hit;
    }
    return hit;
  }

  /** Folds the texts of many rows ahead, a few milliseconds at a time. */
  warm(rows: Iterable<SampleRow>): void {
    const each = rows[Symbol.iterator]();
    const work = () => {
      const until = performance.now() + 8;
      while (performance.now() < until) {
        for (let times = 0; times < 50; times += 1) {
          const { value, done } = each.next();
          if (done) return;
          this.#entry(value);
        }
      }
      setTimeout(work);
    };
    setTimeout(work);
  }

  #entry(row: SampleRow): Entry {
    const known = this.#entries.get(row);
    if (known) return known;
    const entry = { text: fold(textOf(row)), asked: -1, hit: false };
    this.#entries.set(row, entry);
    return entry;
  }
}

const cellText = (cell: Cell | null) => (cell ? `${cell.tags.join("\n")}\n${cell.text}` : "");

function textOf(row: SampleRow): string {
  return `${cellText(row.input)}\n${cellText(row.output)}\n${row.reason ?? ""}`;
}

/** A text in pieces, every second one a match: "Über alles" for "uber" → ["", "Über", " alles"]. */
export function pieces(text: string, words: readonly string[]): string[] {
  const { folded, places } = foldWithPlaces(text);
  const hits: [number, number][] = [];
  for (const word of words) {
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) {
      hits.push([places[at] as number, places[at + word.length] as number]);
    }
  }
  hits.sort((a, b) => a[0] - b[0]);
  const found: string[] = [];
  let end = 0;
  for (const [from, to] of hits) {
    if (to <= end) continue;
    if (from <= end && found.length > 0) found[found.length - 1] += text.slice(end, to);
    else found.push(text.slice(end, from), text.slice(from, to));
    end = to;
  }
  found.push(text.slice(end));
  return found;
}

/** Folded text, and for each of its characters, and its end, the place in the text where it stands. */
function foldWithPlaces(text: string): { folded: string; places: number[] } {
  let folded = "";
  const places: number[] = [];
  let at = 0;
  for (const character of text) {
    const each = fold(character);
    for (let index = 0; index < each.length; index += 1) places.push(at);
    folded += each;
    at += character.length;
  }
  // A mark that was dropped belongs to the letter before it.
  places.push(at);
  return { folded, places };
}
