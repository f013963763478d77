import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { asTyped, type Control, type Path, same, typedJson, typedNumber } from "../controls";
import { isEnter, prevent, withMod } from "../events";
import { iconOf } from "../icons";
import { count } from "../words";
import { type Form, idOf, problemOf } from "./Form";
import { typing } from "./Labelled";

interface FieldProps {
  form: Form;
  control: Control;
  value: unknown;
  path: Path;
  label: string;
  onEnter?: () => void;
}

/** The control of one value. */
export function Field({ form, control, value, path, label, onEnter }: FieldProps): JSX.Element {
  const { kind, node, options } = control;
  const id = idOf(form, path);
  const invalid = problemOf(form, path, kind === "json") !== undefined;
  const change = (next: unknown) => form.change(path, next);
  const own = {
    id,
    "aria-label": label,
    "aria-invalid": invalid || undefined,
    "aria-describedby": invalid ? `${id}-p` : undefined,
    class: "sw-input",
    dir: "auto" as const,
  };
  switch (kind) {
    case "enum": {
      const all = control.nullable && !options.includes(null) ? [...options, null] : options;
      const at = all.indexOf(value);
      const named = all.map((option, index): [number, string] => [index, asTyped(option)]);
      return (
        <Choice
          {...own}
          value={at}
          options={at < 0 ? [[at, asTyped(value)], ...named] : named}
          onChoose={(index) => change(all[index])}
        />
      );
    }
    case "boolean":
      return (
        <label class="sw-bool">
          <input
            {...own}
            class=""
            type="checkbox"
            checked={value === true}
            onChange={(event) => change(event.currentTarget.checked)}
          />
          {String(value)}
        </label>
      );
    case "text":
      return <Lines own={own} text={String(value)} change={change} most={node.maxLength} />;
    case "number":
    case "json":
      return <Typed own={own} value={value} json={kind === "json"} change={change} />;
  }
  return (
    <input
      {...own}
      {...({ type: kind === "date" ? kind : "text" } as object)}
      value={String(value)}
      onKeyDown={(event) => {
        if (!isEnter(event) || withMod(event)) return;
        prevent(event);
        onEnter?.();
      }}
      onInput={typing(change)}
    />
  );
}

/** One of several, which are told by numbers. */
export function Choice(props: {
  value: number;
  options: readonly (readonly [number, string])[];
  onChoose: (value: number) => void;
  label?: string | undefined;
}): JSX.Element {
  const { value, options, onChoose, label, ...own } = props;
  return (
    <span class="sw-select">
      <select
        class="sw-input"
        aria-label={label}
        {...own}
        value={value}
        onChange={typing((number) => onChoose(Number(number)))}
      >
        {options.map(([number, text]) => (
          <option value={number}>{text}</option>
        ))}
      </select>
      {iconOf("chevd", 12)}
    </span>
  );
}

interface TextProps<Value> {
  own: { class: string };
  change: (value: Value) => void;
}

/** Text in as many lines as it has. */
function Lines({
  own,
  text,
  change,
  most,
}: TextProps<string> & { text: string; most?: unknown }): JSX.Element {
  const box = useRef<HTMLTextAreaElement>(null);
  const limit = typeof most === "number" ? most : null;
  const { length } = limit === null ? text : [...text];
  useLayoutEffect(() => {
    const area = box.current;
    if (!area || CSS.supports("field-sizing", "content")) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }, [text]);
  return (
    <span class="sw-area">
      <textarea {...own} ref={box} rows={1} value={text} onInput={typing(change)} />
      {limit !== null && (
        <span
          class={length > limit ? "sw-count sw-badge sw-c-failed" : "sw-count sw-badge"}
        >{`${count(length)} of ${count(limit)}`}</span>
      )}
    </span>
  );
}

/** A value that is typed as text: what stands there stays as it was typed, the value is what it means. */
function Typed({
  own,
  value,
  change,
  json,
}: TextProps<unknown> & { value: unknown; json: boolean }): JSX.Element {
  const read = json ? typedJson : typedNumber;
  const [last, setLast] = useState<string | null>(null);
  const text = last !== null && same(read(last), value) ? last : json ? asTyped(value) : String(value);
  const typed = (next: string) => {
    setLast(next);
    change(read(next));
  };
  if (json) return <Lines own={{ ...own, class: "sw-input sw-mono" }} text={text} change={typed} />;
  return <input {...own} inputMode="decimal" value={text} onInput={typing(typed)} />;
}
