import type { JSX } from "preact";
import { pieces } from "../find";

const LEAD = 40;

/** A text with its matches marked; when the first would be cut off by the cell, the text begins shortly before it. */
export function Marked({ text, words }: { text: string; words: readonly string[] }): JSX.Element {
  if (words.length === 0) return <>{text}</>;
  const [first = "", ...rest] = pieces(text, words);
  const cut =
    rest.length > 0 && first.length > 2 * LEAD ? `…${first.slice(-LEAD).replace(/^\S*\s/, "")}` : first;
  return (
    <>
      {cut}
      {rest.map((piece, index) => (index % 2 === 0 ? <mark class="sw-mark">{piece}</mark> : piece))}
    </>
  );
}
