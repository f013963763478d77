import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { iconOf } from "../icons";
import { said } from "../shown";
import { token } from "../words";

interface LabelledProps {
  label: string;
  /** Whether its popover opens with the focus here. */
  first?: boolean;
  /** The control, to have this id, and what stands below it. */
  children: (id: string) => ComponentChildren;
}

/** A control below its label. */
export function Labelled({ label, first, children }: LabelledProps): JSX.Element {
  const [id] = useState(token);
  return (
    <div class="sw-fgroup" data-sw-first={first}>
      <label class="sw-label" for={id}>
        {label}
      </label>
      {children(id)}
    </div>
  );
}

/** What is typed into a control, as its `onInput`. */
export function typing(take: (text: string) => void): (event: { currentTarget: { value: string } }) => void {
  return (event) => take(event.currentTarget.value);
}

interface TextProps {
  label: string;
  value: string;
  onText: (text: string) => void;
  first?: boolean;
  rows?: number;
  placeholder?: string | undefined;
  onKeyDown?: (event: KeyboardEvent) => void;
  /** What stands between the label and the words. */
  above?: ComponentChildren;
  children?: ComponentChildren;
}

/** Words for a model, in a few lines. */
export function Words({ label, onText, first = false, above, children, ...own }: TextProps): JSX.Element {
  return (
    <Labelled label={label} first={first || undefined}>
      {(id) => (
        <>
          {above}
          <textarea
            id={id}
            class="sw-input"
            dir="auto"
            maxLength={20_000}
            rows={2}
            {...own}
            onInput={typing(onText)}
          />
          {children}
        </>
      )}
    </Labelled>
  );
}

/** A name in one line, and what is wrong with it. */
export function Name(props: {
  label: string;
  value: string;
  onText: (text: string) => void;
  wrong: string;
  placeholder?: string;
  maxLength: number;
  children?: ComponentChildren;
}): JSX.Element {
  const { label, onText, wrong, children, ...own } = props;
  return (
    <Labelled label={label} first>
      {(id) => (
        <>
          <input
            id={id}
            class="sw-input sw-mono"
            autocomplete="off"
            spellcheck={false}
            {...own}
            aria-invalid={wrong !== ""}
            onInput={typing(onText)}
          />
          {wrong && (
            <span class="sw-error" role="alert">
              {iconOf("failed")}
              <span>{said(wrong)}</span>
            </span>
          )}
          {children}
        </>
      )}
    </Labelled>
  );
}
