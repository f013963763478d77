import type { JSX } from "preact";
import { rate, rateBy, starsOf } from "../curate";
import { isPlain, prevent } from "../events";
import { iconOf } from "../icons";
import type { SampleBody, SampleRow } from "../protocol.gen";
import { shown } from "../shown";
import type { View } from "../view";
import { some } from "../words";
import { Press } from "./bits";
import { memo } from "./memo";

const FIVE = [1, 2, 3, 4, 5];

/** How a row is rated, at a glance. */
export const Stars = memo(function Stars({ stars }: { stars: number }): JSX.Element {
  return (
    <span class="sw-stars" role="img" aria-label={`${stars} of 5 stars`}>
      {FIVE.map((each) => iconOf("star", 14, each <= stars ? "sw-on" : "sw-off"))}
    </span>
  );
});

/** Five stars to press: arrows and digits move, 0 or the same star again takes the rating back. */
export function StarSet(props: {
  label: string;
  stars: number | null;
  onRate: (stars: number | null) => void;
}): JSX.Element {
  const { label, stars, onRate } = props;
  const move = (event: KeyboardEvent) => {
    if (!isPlain(event)) return;
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    const to = by === undefined ? event.key : String(Math.min(5, Math.max(1, (stars ?? 0) + by)));
    if (!/^[0-5]$/.test(to)) return;
    prevent(event);
    if (to !== String(stars)) onRate(Number(to) || null);
    const set = event.currentTarget as HTMLElement;
    set.querySelectorAll("button")[Math.max(1, Number(to)) - 1]?.focus();
  };
  return (
    <span class="sw-rate" role="radiogroup" aria-label={label} onKeyDown={move}>
      {FIVE.map((each) => (
        <Press
          role="radio"
          aria-checked={each === stars}
          class="sw-icon-btn sw-icon-btn--sm sw-c-star"
          label={some(each, "star")}
          tabIndex={each === (stars ?? 1) ? 0 : -1}
          onPress={() => onRate(each === stars ? null : each)}
        >
          {iconOf("star", 16, each <= (stars ?? 0) ? "sw-on" : "sw-off")}
        </Press>
      ))}
    </span>
  );
}

/** The rating of a sample: overall, and by each requirement of the task. */
export function Rating({
  view,
  row,
  body,
}: {
  view: View;
  row: SampleRow;
  body: SampleBody | null;
}): JSX.Element {
  const stars = starsOf(view, row);
  const rated: Record<string, number | null> = {
    __proto__: null,
    ...body?.ratings,
    ...view.line.ratings.of(row.id)?.requirements,
  };
  return (
    <section aria-label="Rating">
      <div class="sw-rate">
        <h3 class="sw-label sw-ell">Rating</h3>
        <StarSet label="Overall" stars={stars} onRate={(next) => void rate(view, next, [row.id])} />
      </div>
      {view.replica.task.value?.requirements.map(({ name, text }) => (
        <div class="sw-rate">
          <span class="sw-ell sw-muted sw-small" title={text} dir="auto">
            {shown(text)}
          </span>
          <StarSet
            label={text}
            stars={rated[name] ?? null}
            onRate={(next) => void rateBy(view, row, name, next)}
          />
        </div>
      ))}
    </section>
  );
}
