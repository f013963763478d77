import type { ComponentChild, ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { blank, type Control, controlFor, fitting, isRecord, type Path, propertiesOf } from "../controls";
import { iconOf } from "../icons";
import { said } from "../shown";
import { some } from "../words";
import { Button, IconButton, Link } from "./bits";
import { Field } from "./Field";

/** What all controls of an edit share. */
export interface Form {
  id: string;
  /** The whole schema, where its references lead. */
  root: unknown;
  /** What is wrong, by path. */
  problems: ReadonlyMap<string, string>;
  /** Sets the value at this path; undefined takes it out. */
  change: (path: Path, value?: unknown) => void;
}

export function idOf(form: Form, path: Path): string {
  return `${form.id}-${path.join(".")}`;
}

/** What is wrong with the value at this path; `below`: or with anything inside it. */
export function problemOf(form: Form, path: Path, below: boolean): string | undefined {
  const name = path.join(".");
  const [, inside] = (below && [...form.problems].find(([each]) => each.startsWith(`${name}.`))) || [];
  return form.problems.get(name) ?? inside;
}

/** The input or the output: an object field by field, anything else in one control. */
export function Part(props: {
  form: Form;
  schema: unknown;
  value: unknown;
  part: string;
  label: string;
}): JSX.Element {
  const { form, schema, value, part, label } = props;
  const path = [part];
  if (value === null) {
    const start = () => form.change(path, schema ? blank(schema, schema) : "");
    return <p class="sw-small sw-faint">None yet · {link("Write one", label, start)}</p>;
  }
  const control = fitting(controlFor(schema ?? { type: "string" }, schema), value);
  return (
    <>
      {control.kind === "object" ? (
        <div class="sw-fields sw-form">{fields(form, control, value, path, 0)}</div>
      ) : (
        <Field form={form} control={control} value={value} path={path} label={label} />
      )}
      {problem(form, path, false)}
    </>
  );
}

/** The declared fields, then what else is there, which stays as it is. */
function fields(form: Form, control: Control, value: unknown, path: Path, depth: number): ComponentChild {
  // Without a prototype: a field that is not set may be called "constructor".
  const others: Record<string, unknown> = { __proto__: null, ...(isRecord(value) ? value : {}) };
  const declared = propertiesOf(control.node).map(({ name, schema, required }) => {
    const own = others[name];
    delete others[name];
    return row(form, name, schema, own, [...path, name], depth, required);
  });
  const undeclared = Object.entries(others).map(([name, each]) => (
    <>
      {label(form, name, [...path, name], depth)}
      <span class="sw-faint sw-ell sw-still" title="Not declared by the schema: it stays as it is" dir="auto">
        {typeof each === "string" ? each : JSON.stringify(each)}
      </span>
    </>
  ));
  return [declared, undeclared];
}

/** A field with its label: not there, null, an object, a list, or one control. */
function row(
  form: Form,
  name: string,
  schema: unknown,
  value: unknown,
  path: Path,
  depth: number,
  required: boolean,
): ComponentChild {
  const control = controlFor(schema, form.root);
  const { kind } = control;
  const fit = fitting(control, value);
  const unset = value === undefined || (value === null && kind !== "enum" && kind !== "json");
  const remove = () => form.change(path);
  const [clearing, clear] = control.nullable
    ? ["Set to null", () => form.change(path, null)]
    : ["Remove", required ? null : remove];
  const items = Array.isArray(value) && fit.kind === "list" && !isFlat(fit, form.root, value) ? value : null;
  if (unset || items || fit.kind === "object") {
    const { items: item } = fit.node;
    const acts: JSX.Element[] = [];
    if (unset) acts.push(link("Set", name, () => form.change(path, blank(schema, form.root))));
    if (items)
      acts.push(link("Add", name, () => form.change([...path, items.length], blank(item, form.root))));
    if (unset && value === null && !required) acts.push(link("Remove", name, remove));
    if (!unset && clear) acts.push(link(clearing, name, clear));
    const is = unset ? (value === null ? "null" : "not set") : items ? some(items.length, "item") : "";
    return (
      <>
        {label(form, name, path, depth)}
        <div class="sw-ctl">
          <span class="sw-faint sw-small sw-still">
            {is}
            {acts.map((act, at) => [is || at > 0 ? " · " : "", act])}
          </span>
          {problem(form, path, false)}
        </div>
        {items?.map((each, at) => row(form, String(at + 1), item, each, [...path, at], depth + 1, false))}
        {!unset && !items && fields(form, fit, value, path, depth + 1)}
      </>
    );
  }
  return (
    <>
      {label(form, name, path, depth)}
      <div class="sw-ctl">
        <div class="sw-ctl-row">
          {fit.kind === "list" ? (
            <Items form={form} control={fit} items={value as unknown[]} path={path} label={name}>
              {clear && link(clearing, name, clear)}
            </Items>
          ) : (
            <Field form={form} control={fit} value={value} path={path} label={name} />
          )}
          {clear && fit.kind !== "list" && cross(`${clearing}: ${name}`, clear)}
        </div>
        {problem(form, path, fit.kind === "json")}
      </div>
    </>
  );
}

/** Whether each item of a list is one control. */
function isFlat(control: Control, root: unknown, value: readonly unknown[]): boolean {
  const { kind } = controlFor(control.node.items, root);
  return !/object|list|json/.test(kind) && value.every((item) => typeof item !== "object" || item === null);
}

interface ItemsProps {
  form: Form;
  control: Control;
  items: readonly unknown[];
  path: Path;
  label: string;
  children: ComponentChildren;
}

/** A list of short values: a line each. Enter begins the next one. */
function Items({ form, items, path, control, label, children }: ItemsProps): JSX.Element {
  const schema = control.node.items;
  const { kind, ...item } = controlFor(schema, form.root);
  const box = useRef<HTMLDivElement>(null);
  const added = useRef(-1);
  const add = (at: number) => {
    added.current = at;
    form.change(path, items.toSpliced(at, 0, blank(schema, form.root)));
  };
  useLayoutEffect(() => {
    box.current?.querySelectorAll<HTMLElement>("input, select")[added.current]?.focus();
    added.current = -1;
  }, [items.length]);
  return (
    <div class="sw-items" ref={box}>
      {items.map((each, at) => {
        const own = [...path, at];
        return (
          <>
            <div class="sw-ctl-row">
              <Field
                form={form}
                control={fitting({ ...item, kind: kind === "text" ? "line" : kind }, each)}
                value={each}
                path={own}
                label={`${label} ${at + 1}`}
                onEnter={() => add(at + 1)}
              />
              {cross(`Remove ${label} ${at + 1}`, () => form.change(own))}
            </div>
            {problem(form, own, false)}
          </>
        );
      })}
      <div class="sw-plan-row sw-small">
        <Button
          icon="plus"
          class="sw-btn--sm sw-btn--quiet"
          label={`Add to ${label}`}
          onPress={() => add(items.length)}
        >
          Item
        </Button>
        {children}
      </div>
    </div>
  );
}

function label(form: Form, name: string, path: Path, depth: number): JSX.Element {
  return (
    <label
      class={depth > 0 ? "sw-nest" : ""}
      style={{ "--d": depth }}
      for={idOf(form, path)}
      title={name}
      dir="auto"
    >
      {name}
    </label>
  );
}

function link(word: string, name: string, onPress: () => void): JSX.Element {
  return (
    <Link label={`${word}: ${name}`} onPress={onPress}>
      {word}
    </Link>
  );
}

function cross(label: string, onPress: () => void): JSX.Element {
  return <IconButton icon="x" label={label} onPress={onPress} />;
}

function problem(form: Form, path: Path, below: boolean): JSX.Element | null {
  const why = problemOf(form, path, below);
  if (why === undefined) return null;
  return (
    <span class="sw-error sw-small sw-c-failed" id={`${idOf(form, path)}-p`} role="alert" dir="auto">
      {iconOf("failed")}
      {said(why)}
    </span>
  );
}
