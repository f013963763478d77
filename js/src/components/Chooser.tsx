import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { isEnter, prevent } from "../events";
import { fold, wordsIn } from "../find";
import { type IconName, iconOf } from "../icons";
import { said, shown } from "../shown";
import type { View } from "../view";
import { GAP, keysOf } from "./bits";
import { typing } from "./Labelled";
import { Marked } from "./Marked";
import { Popover } from "./Popover";

/** One line to choose. */
export interface Offer {
  titled: string;
  icon: IconName;
  label: string;
  /** A whole word by which it is found, too. */
  also?: string;
  chord?: string | undefined;
  /** Why it cannot be chosen now. */
  why?: string | null;
  state?: string;
  acts: () => unknown;
}

interface ChooserProps {
  view: View;
  label: string;
  class: string;
  modal?: boolean;
  hint: string;
  /** How many lines there are before anything is typed, where what is typed finds some of them. Else digits choose. */
  total?: number;
  find: (text: string, wanted: (offer: Offer) => boolean) => Offer[];
}

/** A list to choose from by a few letters, the arrows and Enter, or by mouse. Esc gives the focus back. */
export function Chooser({ view, hint, total, find, ...frame }: ChooserProps): JSX.Element {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const words = wordsIn(typed);
  const found = find(typed.trim(), ({ label, also = "" }) => {
    const text = ` ${fold(label)}`;
    return words.every((word) => text.includes(` ${word}`) || word === fold(also));
  });
  const choose = (offer: Offer | undefined) => {
    if (!offer || offer.why) return;
    view.goBack();
    offer.acts();
  };
  const obey = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: found.length - 1 }[event.key];
    const digit = !total && !typed && found.find((offer) => offer.chord === event.key);
    if (by) setAt((at + by) % found.length);
    else if (digit) choose(digit);
    else if (isEnter(event)) choose(found[at]);
    else return;
    prevent(event);
  };
  const id = `${view.prefix}-offer`;
  return (
    <Popover {...frame} view={view}>
      <header class="sw-head" data-sw-first>
        <input
          class="sw-find"
          role="combobox"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={`${id}-${at}`}
          aria-label={hint}
          placeholder={hint}
          autocomplete="off"
          spellcheck={false}
          dir="auto"
          maxLength={1000}
          value={typed}
          onInput={typing((text) => {
            setTyped(text);
            setAt(0);
          })}
          onKeyDown={obey}
        />
        {total && <span class="sw-small sw-muted" role="status">{`${found.length} of ${total}`}</span>}
      </header>
      <div class="sw-offers sw-scroll" role="listbox" id={id} aria-label={frame.label} onMouseDown={prevent}>
        {found.map((offer, index) => (
          <>
            {offer.titled !== found[index - 1]?.titled && (
              <h3 class="sw-label" role="presentation">
                {offer.titled}
              </h3>
            )}
            <div
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              aria-label={[offer.label, offer.why ?? offer.state, offer.titled].filter(Boolean).join(", ")}
              aria-disabled={offer.why != null}
              ref={(line) => {
                if (index === at) line?.scrollIntoView({ block: "nearest" });
              }}
              onClick={() => choose(offer)}
            >
              {iconOf(offer.icon)}
              <span class="sw-ell" dir="auto">
                <Marked text={shown(offer.label)} words={words} />
              </span>
              <span class="sw-faint sw-small sw-ell">{said(offer.why ?? offer.state ?? "")}</span>
              {GAP}
              {keysOf(offer.chord ?? "")}
            </div>
          </>
        ))}
      </div>
      {total && (
        <footer>
          {keysOf("ArrowUp")}
          {keysOf("ArrowDown")} choose {keysOf("Enter")} run {keysOf("Escape")} close
        </footer>
      )}
    </Popover>
  );
}
