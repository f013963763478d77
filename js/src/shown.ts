/** The same rule as `synth_widgets/text/shown.py`; `tests/shown.json` holds both. Pure. */

/** Characters of a name: no topic's is longer. */
const MOST = 500;
/** Characters of what is composed of words of ours and of names. */
const MOST_SAID = 2000;
const PLAIN = /^[ -~]*$/;
/** What acts or hides; joiners are looked at where they stand. Three flags are written with tags. */
const ACTS =
  /🏴\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}|[\p{Cc}\p{Cs}\p{NChar}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e007f}]/gu;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** A name in one line, in which nothing acts or hides: a control character or a mark of direction as its escape. */
export function shown(text: string, most = MOST): string {
  return escaped(text, most, "");
}

/** A name within a sentence that is no element: where it runs from right to left, what stands around it does not. */
export function named(text: string): string {
  const name = shown(text);
  return RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name;
}

/** A sentence of ours with names in it, which `named` may have isolated: it may have several lines. */
export function said(text: string): string {
  return escaped(text, MOST_SAID, "\n\u2068\u2069");
}

function escaped(text: string, most: number, kept: string): string {
  const head = cut(text, most);
  if (PLAIN.test(head)) return head;
  const fit = head.replace(ACTS, (sign, at: number) =>
    sign.length > 2 || kept.includes(sign) || joins(head, sign, at) ? sign : escapeOf(sign),
  );
  return cut(fit, most);
}

/** Joiners are parts of words in Persian and Hindi, and of emoji: then they follow no ASCII and no other joiner. */
function joins(text: string, sign: string, at: number): boolean {
  const before = text[at - 1] ?? "";
  return /[\u200c\u200d]/.test(sign) && before > "\x7f" && !/[\u200c\u200d]/.test(before);
}

function escapeOf(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  const hex = (digits: number) => code.toString(16).padStart(digits, "0");
  return NAMED[sign] ?? (code < 0x100 ? `\\x${hex(2)}` : code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`);
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor(most / 5);
  const [begins, ends] = [text.slice(0, most - end - 1), text.slice(-end)];
  return `${begins.replace(/[\ud800-\udbff]$/, "")}…${ends.replace(/^[\udc00-\udfff]/, "")}`;
}
