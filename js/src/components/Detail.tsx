import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { cannot, run } from "../actions";
import { copyText } from "../clip";
import type { CommandName } from "../commands.gen";
import { leaveEdit } from "../editing";
import { later } from "../events";
import { type IconName, iconOf } from "../icons";
import type { SampleRow, VersionView } from "../protocol.gen";
import { isRow, rowAt, rowsBefore } from "../rows";
import { said } from "../shown";
import type { View } from "../view";
import { count, sentence, some, wordCount } from "../words";
import { GAP, IconButton, Link, Section, TopicPath } from "./bits";
import { Edit } from "./Edit";
import { asJson, Value } from "./Fields";
import { GridFoot } from "./GridFoot";
import { Note, Notes } from "./Notes";
import { Origin } from "./Origin";
import { Awaited, StatusWord, shownStatus } from "./Row";
import { Rating } from "./Stars";
import { TaskShape } from "./TaskShape";
import { Verdicts } from "./VerdictFoot";

/** The sample in focus, whole. */
export function Detail({ view }: { view: View }): JSX.Element {
  const focused = view.focused.value;
  const id = focused?.row.id;
  useEffect(() => {
    const editing = view.editing.value;
    if (editing && editing.id !== id) void leaveEdit(view, "leave");
  }, [id]);
  if (!focused) return <TaskShape view={view} title="No sample chosen" />;
  return <Sample view={view} row={focused.row} index={focused.index} />;
}

function Sample({ view, row, index }: { view: View; row: SampleRow; index: number }): JSX.Element {
  const { bodies } = view.line;
  bodies.at.value;
  const listing = view.listing.value;
  useEffect(() => {
    const near = [index, index + 1, index + 2, index - 1].map((at) => listing.items[at]).filter(isRow);
    return later(() => bodies.want(near), bodies.of(row) ? 0 : 40); // a held arrow key asks for no body
  }, [row, index]);
  const body = bodies.of(row);
  const { status, queued } = shownStatus(view, row);
  const current = body?.versions.find((version) => version.n === body.version) ?? body?.versions.at(-1);
  const editing = view.editing.value;
  if (body && editing?.id === row.id && !editing.here) {
    return <Edit view={view} row={row} editing={editing} index={index} />;
  }
  return (
    <aside class="sw-pane sw-pane--detail" aria-label="Sample" tabIndex={-1}>
      <div class="sw-head">
        <span class="sw-strong">{count(rowsBefore(listing, index) + 1)}</span>
        <span class="sw-muted">of {count(listing.rows)}</span>
        {GAP}
        <Step view={view} name="previous" off={rowAt(listing, index, -1) === null} />
        <Step view={view} name="next" off={rowAt(listing, index, 1) === null} />
        <span class="sw-sep sw-sep--head" />
        <Act view={view} name="edit" icon="edit" word="Edit" />
        <Act view={view} name="regenerate" icon="regenerate" word="Regenerate" />
        <Act view={view} name="reject_because" icon="rejected" word="Reject because…" />
        <Act view={view} name="copy_json" icon="copy" word="Copy as JSON" />
      </div>
      <div class="sw-detail sw-scroll" key={row.id} tabIndex={0} role="region" aria-label="Sample text">
        <div class="sw-crumb">
          <TopicPath path={view.nodeOf(row.topic)?.path ?? []} />
          {GAP}
          <StatusWord status={status} queued={queued} />
        </div>
        {body && <Notes view={view} row={row} body={body} />}
        {row.status === "failed" ? (
          <Failed view={view} row={row} current={current} />
        ) : (
          <Whole view={view} row={row} current={current} />
        )}
        {row.output && row.status !== "failed" && <Rating view={view} row={row} body={body} />}
        {body && current && <Origin view={view} row={row} body={body} current={current} />}
      </div>
      {view.alone && view.selection.value.size > 0 ? (
        <GridFoot view={view} edge={0} />
      ) : (
        <Verdicts view={view} row={row} />
      )}
    </aside>
  );
}

function Step({ view, name, off }: { view: View; name: "previous" | "next"; off: boolean }): JSX.Element {
  const word = name === "previous" ? "Previous" : "Next";
  return (
    <IconButton
      icon={name === "previous" ? "up" : "down"}
      label={view.keys.hint(name, word)}
      off={off ? `No ${name} sample` : null}
      onPress={() => run(view, name)}
    />
  );
}

/** A command for the sample of this pane. */
function Act(props: { view: View; name: CommandName; icon: IconName; word: string }): JSX.Element {
  const { view, name, icon, word } = props;
  return (
    <IconButton
      icon={icon}
      label={view.keys.hint(name, word)}
      off={cannot(view, name)}
      onPress={() => {
        view.select([]); // what stands in this pane is meant, not what is ticked in the grid
        run(view, name);
      }}
    />
  );
}

function Whole(props: { view: View; row: SampleRow; current: VersionView | undefined }): JSX.Element {
  const { view, row, current } = props;
  const complies = (row.status === "draft" || row.status === "kept") && !current?.problem && !row.stale;
  const hasOutput = current ? current.output !== null : row.output !== null;
  return (
    <>
      {current?.problem && <Note kind="warn">{said(current.problem)}</Note>}
      {row.status === "rejected" && row.reason && <Note kind="plain">{said(row.reason)}</Note>}
      <Input row={row} current={current} />
      <Section label="Output" aside={complies && hasOutput ? <Complies /> : undefined}>
        {current && hasOutput ? (
          <Value value={current.output} />
        ) : current && row.status === "rejected" ? (
          <p class="sw-faint">No output</p>
        ) : (
          <Head cell={row.output} idle={view.idle} />
        )}
      </Section>
      {current?.reasoning && (
        <Section label="Reasoning">
          <p class="sw-text sw-muted" dir="auto">
            {current.reasoning}
          </p>
        </Section>
      )}
    </>
  );
}

function Failed(props: { view: View; row: SampleRow; current: VersionView | undefined }): JSX.Element {
  const { view, row, current } = props;
  const raw = current?.raw ?? null;
  const text = raw === null ? null : (asJson(raw) ?? raw);
  return (
    <>
      <Note kind="failed">{sentence(said(row.reason ?? "no reason was given"))}</Note>
      <Input row={row} current={current} />
      <Section
        label="What the model wrote"
        aside={
          raw !== null && (
            <Link class="sw-small" onPress={() => copyText(view, raw, "what the model wrote")}>
              Copy
            </Link>
          )
        }
      >
        {text !== null ? (
          <pre class="sw-raw" dir="auto">
            {text}
          </pre>
        ) : current ? (
          <p class="sw-faint">No answer</p>
        ) : (
          <Head cell={row.output} />
        )}
      </Section>
    </>
  );
}

function Input({ row, current }: { row: SampleRow; current: VersionView | undefined }): JSX.Element {
  const text = typeof current?.input === "string" ? current.input : null;
  return (
    <Section
      label="Input"
      aside={text !== null && <span class="sw-faint sw-small">{some(wordCount(text), "word")}</span>}
    >
      {current ? <Value value={current.input} /> : <Head cell={row.input} />}
    </Section>
  );
}

function Complies(): JSX.Element {
  return (
    <span class="sw-badge sw-c-kept">
      {iconOf("check", 12)}
      Complies
    </span>
  );
}

/** What the row already knows, while the whole sample is on its way. */
function Head({ cell, idle = false }: { cell: SampleRow["input"]; idle?: boolean }): JSX.Element {
  if (!cell) return <Awaited idle={idle} />;
  return (
    <>
      {cell.tags.length > 0 && (
        <div class="sw-tags">
          {cell.tags.map((tag) => (
            <span class="sw-tag" dir="auto">
              {tag}
            </span>
          ))}
        </div>
      )}
      <p class={cell.raw ? "sw-raw" : "sw-text"} dir="auto">
        {cell.text}
        {cell.more && "…"}
      </p>
    </>
  );
}
