import type { JSX } from "preact";
import { prevent } from "../events";
import { iconOf } from "../icons";
import { AIMS, clamp, LIMITS, product, type Shape, TEXTS, withLine } from "../plan";
import type { View } from "../view";
import { count, some } from "../words";
import { keysOf, Press } from "./bits";
import { Labelled, typing, Words } from "./Labelled";
import type { Plan } from "./usePlan";

interface SteppersProps {
  plan: Plan;
  parts: readonly (keyof Shape)[];
  /** Whether the product stands behind them: where nothing is there yet, it is what will be made. */
  sum?: boolean;
}

/** Topics × Subtopics × Samples. */
export function Steppers({ plan, parts, sum }: SteppersProps): JSX.Element {
  const { shape } = plan;
  const shown = parts.filter((part) => part !== "subtopics" || shape.topics > 0);
  const labels: Record<keyof Shape, string> = {
    topics: "Topics",
    subtopics: "Subtopics in each",
    samples: shown.length > 1 ? "Samples in each" : "Samples",
  };
  return (
    <div class="sw-mult">
      {shown.map((part, index) => (
        <>
          {index > 0 && <span class="sw-faint sw-times">×</span>}
          <Stepper
            part={part}
            label={labels[part]}
            value={shape[part]}
            set={(value) => plan.setShape({ ...shape, [part]: value })}
          />
        </>
      ))}
      {sum && shown.length > 1 && (
        <span class="sw-times">
          = <b class="sw-strong">{count(product(shape))}</b> samples
        </span>
      )}
    </div>
  );
}

interface StepperProps {
  part: keyof typeof LIMITS;
  label: string;
  value: number;
  set: (value: number) => void;
}

export function Stepper({ part, label, value, set }: StepperProps): JSX.Element {
  const [low, high] = LIMITS[part];
  const to = (next: number) => set(clamp(part, next));
  const button = (by: -1 | 1) => (
    <button
      type="button"
      tabIndex={-1}
      aria-label={`${by < 0 ? "Fewer" : "More"}: ${label}`}
      aria-disabled={(by < 0 ? value <= low : value >= high) ? "true" : undefined}
      onClick={() => to(value + by)}
    >
      {iconOf(by < 0 ? "minus" : "plus", 12)}
    </button>
  );
  return (
    <Labelled label={label}>
      {(id) => (
        <span class="sw-step">
          {button(-1)}
          <input
            id={id}
            inputMode="numeric"
            autocomplete="off"
            role="spinbutton"
            aria-valuenow={value}
            aria-valuemin={low}
            aria-valuemax={high}
            value={value}
            style={{ width: `${Math.max(3, String(value).length + 2)}ch` }}
            onFocus={(event) => event.currentTarget.select()}
            onInput={typing((text) => {
              const digits = text.replace(/\D/g, "");
              if (digits !== "") to(Number(digits));
            })}
            onBlur={(event) => {
              event.currentTarget.value = String(value);
            }}
            onKeyDown={(event) => {
              const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
              if (by === undefined) return;
              prevent(event);
              to(value + by);
            }}
          />
          {button(1)}
        </span>
      )}
    </Labelled>
  );
}

/** One of a few ways, side by side. */
export function Choice<Way extends string>(props: {
  view: View;
  label: string;
  value: Way;
  ways: readonly (readonly [Way, string])[];
  onWay: (way: Way) => void;
}): JSX.Element {
  return (
    <span class="sw-seg" role="radiogroup" aria-label={props.label}>
      {props.ways.map(([way, word]) => (
        <label class="sw-bool">
          <input
            type="radio"
            name={props.view.prefix + props.label}
            checked={props.value === way}
            onChange={() => props.onWay(way)}
          />
          {word}
        </label>
      ))}
    </span>
  );
}

/** What it would take, as the kernel counts it. */
export function Figures({ plan }: { plan: Plan }): JSX.Element {
  const figures = plan.estimate?.figures ?? [
    ["…", plan.outputs ? "samples" : "inputs"],
    ["…", "model calls"],
  ];
  return <FiguresOf figures={figures} />;
}

/** Figures of an estimate: each with its label and its tooltip. */
export function FiguresOf({ figures }: { figures: string[][] }): JSX.Element {
  return (
    <dl class="sw-est" aria-live="polite">
      {figures.map(([value, label, title]) => (
        <div>
          <dt>{label}</dt>
          <dd title={title || undefined}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The button that sends, with its number. */
export function SendButton({
  plan,
  class: more,
  chord,
}: {
  plan: Plan;
  class: string;
  chord: string;
}): JSX.Element {
  const { estimate, off, shape } = plan;
  const samples = some(estimate?.samples ?? product(shape), plan.outputs ? "sample" : "input");
  return (
    <Press class={`sw-btn sw-btn--primary ${more}`} off={off} onPress={plan.send}>
      {iconOf("play")}
      <span>{`Generate ${samples}`}</span>
      <span class="sw-hide-n">{keysOf(chord)}</span>
    </Press>
  );
}

/** Guidance for one run: texts to choose from, words, and what they are for. */
export function Guidance(props: { view: View; plan: Plan; label: string; rows: number }): JSX.Element {
  const { guidance, setGuidance, aim, setAim } = props.plan;
  const lines = guidance.split("\n");
  const choices = (
    <div class="sw-choices" role="group" aria-label="Texts to choose from">
      {TEXTS.map(([name, text]) => {
        const on = lines.includes(text);
        const press = () => setGuidance(withLine(guidance, text));
        return (
          <Press class="sw-choice" title={text} aria-pressed={on} onPress={press}>
            {iconOf(on ? "check" : "plus", 12)}
            <span>{name}</span>
          </Press>
        );
      })}
    </div>
  );
  return (
    <Words label={props.label} rows={props.rows} value={guidance} onText={setGuidance} above={choices}>
      <div class="sw-plan-row">
        <span class="sw-small sw-muted">For</span>
        <Choice view={props.view} label="What the guidance is for" value={aim} ways={AIMS} onWay={setAim} />
      </div>
    </Words>
  );
}
