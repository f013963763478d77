import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { put, same } from "../controls";
import { argsOf, type Editing, isChanged, leaveEdit } from "../editing";
import { askLater, focus, isEnter, prevent, withMod } from "../events";
import { iconOf } from "../icons";
import type { SampleRow } from "../protocol.gen";
import { rowsBefore } from "../rows";
import { refusal, refusals } from "../send";
import type { View } from "../view";
import { count, some } from "../words";
import { Button, GAP, Section, TopicPath } from "./bits";
import { type Form, Part } from "./Form";

const DEBOUNCE = 150;
const NOTHING: ReadonlyMap<string, string> = new Map();

interface EditProps {
  view: View;
  row: SampleRow;
  editing: Editing;
  /** Of its line in the list. */
  index: number;
}

/** A sample that is edited, in the detail pane or over its row: each value as a control on its place. */
export function Edit({ view, row, editing, index }: EditProps): JSX.Element {
  const box = useRef<HTMLElement>(null);
  const listing = view.listing.value;
  const problems = useProblems(view, editing);
  const invalid = problems.size;
  const changed = isChanged(editing);
  const { here } = editing;
  useLayoutEffect(() => {
    const fields = [...(box.current?.querySelectorAll<HTMLElement>("section") ?? [])];
    if (here !== "input") fields.reverse();
    const find = (where: Element | undefined) => where?.querySelector<HTMLElement>("input, textarea, select");
    focus(find(fields[0]) ?? find(fields[1]) ?? box.current);
  }, []);
  useLayoutEffect(() => {
    if (here) box.current?.scrollIntoView({ block: "nearest" });
  }, [invalid]);
  const close = (how: "save" | "leave" | "discard") => {
    void leaveEdit(view, how);
    view.focusOn("grid");
  };
  const save = () => {
    if (invalid === 0) {
      close("save");
      if (here) view.move(1);
    } else box.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
  };
  const keys = (event: KeyboardEvent) => {
    if (!isEnter(event) || !withMod(event)) return;
    prevent(event);
    save();
  };
  return (
    <aside
      class="sw-pane sw-pane--detail sw-edit"
      aria-label="Edit the sample"
      ref={box}
      onKeyDown={keys}
      tabIndex={-1}
    >
      <div class="sw-head">
        <span class="sw-strong">Editing</span>
        <span class="sw-muted">{`${count(rowsBefore(listing, index) + 1)} of ${count(listing.rows)}`}</span>
        {GAP}
        {(changed || editing.unfinished) && (
          <Button
            icon="undo"
            class="sw-btn--sm sw-btn--quiet"
            title="Back to the current version"
            onPress={() => close("discard")}
          >
            Discard
          </Button>
        )}
      </div>
      <div class="sw-detail sw-scroll">
        <div class="sw-crumb">
          <TopicPath path={view.nodeOf(row.topic)?.path ?? []} />
        </div>
        <Side view={view} editing={editing} part="input" problems={problems} />
        <Side view={view} editing={editing} part="output" problems={problems} />
      </div>
      <div class="sw-foot sw-verdicts">
        <span class="sw-small sw-muted sw-grow sw-ell" aria-live="polite">
          {invalid > 0 ? "Can be left, not kept" : changed ? "Complies" : "Nothing changed"}
        </span>
        <Button
          class="sw-btn--sm"
          chord="Escape"
          title="Keeps what was typed, unfinished if it must be"
          onPress={() => close("leave")}
        >
          Leave
        </Button>
        <Button
          class={`sw-btn--sm ${changed && invalid === 0 ? "sw-btn--primary" : ""}`}
          chord="Mod+Enter"
          off={refusal(view) ?? (invalid > 0 ? `${some(invalid, "field")} invalid` : null)}
          onPress={save}
        >
          Save
        </Button>
      </div>
    </aside>
  );
}

/** What the schemas object to, by field, as the kernel says it a moment after the typing. */
function useProblems(view: View, editing: Editing): ReadonlyMap<string, string> {
  const [problems, setProblems] = useState(NOTHING);
  const args = argsOf(editing);
  useEffect(() => {
    if (!args) setProblems(NOTHING);
    if (!args || refusal(view)) return;
    return askLater(
      () => view.line.cmd("check", args),
      editing.now === editing.start ? 0 : DEBOUNCE,
      (ok) => setProblems(new Map(refusals(ok))),
      () => undefined, // what cannot be checked now is checked when it is saved
    );
  }, [editing.now]);
  return problems;
}

interface SideProps {
  view: View;
  editing: Editing;
  part: "input" | "output";
  problems: ReadonlyMap<string, string>;
}

function Side({ view, editing, part, problems }: SideProps): JSX.Element {
  const task = view.replica.task.value;
  const schema = (part === "input" ? task?.input_schema : task?.output_schema) ?? null;
  const own = [...problems.keys()].filter((path) => path.split(".")[0] === part).length;
  const form: Form = {
    id: `${view.prefix}-e`,
    root: schema,
    problems,
    change: (path, value) => {
      const open = view.editing.value;
      if (open?.id === editing.id)
        view.editing.value = { ...open, now: put(open.now, path, value) as Editing["now"] };
    },
  };
  const value = editing.now[part];
  const label = part === "input" ? "Input" : "Output";
  const still = same(value, editing.from[part]);
  return (
    <Section
      label={label}
      aside={
        own > 0 ? (
          <span class="sw-badge sw-c-failed">
            {iconOf("failed", 12)}
            {some(own, "field")} invalid
          </span>
        ) : (
          still && <span class="sw-faint sw-small">unchanged</span>
        )
      }
    >
      <Part form={form} schema={schema} value={value} part={part} label={label} />
    </Section>
  );
}
