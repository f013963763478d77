import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { asTyped, type Control, type Path, same, typedJson, typedNumber } from "../controls";
import { isEnter, prevent, withMod } from "../events";
import { iconOf } from "../icons";
import { count } from "../words";
import { type Form, idOf, problemOf } from "./Form";

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
      return (
        <span class="sw-select">
          <select {...own} value={at} onChange={(event) => change(all[Number(event.currentTarget.value)])}>
            {at < 0 && <option value={at}>{asTyped(value)}</option>}
            {all.map((option, index) => (
              <option value={index}>{asTyped(option)}</option>
            ))}
          </select>
          {iconOf("chevd", 12)}
        </span>
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
      onInput={(event) => change(event.currentTarget.value)}
    />
  );
}

interface TextProps {
  own: { class: string };
  change: (value: unknown) => void;
}

/** Text in as many lines as it has. */
function Lines({ own, text, change, most }: TextProps & { text: string; most?: unknown }): JSX.Element {
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
      <textarea
        {...own}
        ref={box}
        rows={1}
        value={text}
        onInput={(event) => change(event.currentTarget.value)}
      />
      {limit !== null && (
        <span
          class={length > limit ? "sw-count sw-badge sw-c-failed" : "sw-count sw-badge"}
        >{`${count(length)} of ${count(limit)}`}</span>
      )}
    </span>
  );
}

/** A value that is typed as text: what stands there stays as it was typed, the value is what it means. */
function Typed({ own, value, change, json }: TextProps & { value: unknown; json: boolean }): JSX.Element {
  const read = json ? typedJson : typedNumber;
  const [last, setLast] = useState<string | null>(null);
  const text = last !== null && same(read(last), value) ? last : json ? asTyped(value) : String(value);
  const typed = (next: unknown) => {
    setLast(String(next));
    change(read(String(next)));
  };
  if (json) return <Lines own={{ ...own, class: "sw-input sw-mono" }} text={text} change={typed} />;
  return (
    <input {...own} inputMode="decimal" value={text} onInput={(event) => typed(event.currentTarget.value)} />
  );
}
