import type { ComponentChild, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import {
  closeCompare,
  comparable,
  isProposed,
  keepSide,
  nextProposal,
  pairOf,
  proposals,
  putVersion,
  SIDES,
} from "../compare";
import { same } from "../controls";
import { diffWords, lines, sideOf } from "../diff";
import { focus, prevent } from "../events";
import { chordOf } from "../keys";
import type { SampleBody, SampleRow, VersionView } from "../protocol.gen";
import { refusal } from "../send";
import { shown } from "../shown";
import type { View } from "../view";
import { clock, count } from "../words";
import { Button, GAP, IconButton, keysOf, TopicPath } from "./bits";
import { Choice } from "./Field";
import { Skeleton, StatusWord } from "./Row";

/** Two versions of the sample in focus, side by side, and the choice between them. */
export function Diff({ view }: { view: View }): JSX.Element | null {
  const { bodies } = view.line;
  bodies.at.value;
  const box = useRef<HTMLElement>(null);
  const row = view.focusedRow;
  useLayoutEffect(() => focus(box.current), []); // what had the focus is hidden from now on
  useEffect(() => {
    if (row) bodies.want([row, nextProposal(view, 1) ?? row]);
    else closeCompare(view);
  }, [row]);
  if (!row) return null;
  const move = (way: 1 | -1) => view.moveTo(nextProposal(view, way));
  const close = () => closeCompare(view);
  const keys = (event: KeyboardEvent) => {
    const name = view.keys.meant(chordOf(event) ?? "", "grid")?.name ?? "";
    const acts: Partial<Record<string, () => void>> = {
      next: () => move(1),
      skip: () => move(1),
      previous: () => move(-1),
      compare: close,
    };
    const act = acts[name];
    if (!act) return;
    prevent(event);
    act();
  };
  const body = bodies.of(row);
  const open = proposals(view);
  const at = open.indexOf(row) + 1;
  const pair = pairOf(view, row);
  const versions = comparable(body);
  return (
    <section class="sw-pane sw-diff" aria-label="Compare versions" ref={box} tabIndex={-1} onKeyDown={keys}>
      <div class="sw-head">
        <span class="sw-strong">{at > 0 ? "New versions" : "Versions"}</span>
        <span class="sw-muted sw-ell sw-grow" title={pair?.[1].by} dir="auto">
          {shown(pair?.[1].by ?? "")}
        </span>
        {at > 0 && (
          <>
            <span class="sw-muted">{`${count(at)} of ${count(open.length)}`}</span>
            <IconButton icon="up" label={view.keys.hint("previous", "Previous")} onPress={() => move(-1)} />
            <IconButton icon="down" label={view.keys.hint("next", "Next")} onPress={() => move(1)} />
            <span class="sw-sep" />
          </>
        )}
        <IconButton icon="x" label="Close (Esc)" onPress={close} />
      </div>
      <div class="sw-scroll" tabIndex={0} role="region" aria-label="Differences">
        <div class="sw-diff-in">
          <div class="sw-crumb">
            <TopicPath path={view.nodeOf(row.topic)?.path ?? []} />
            {GAP}
            <StatusWord status={row.status} />
          </div>
          {!pair && (body && !isProposed(view, row) ? <p>There is only this version.</p> : <Skeleton />)}
          {pair && same(pair[0].input, pair[1].input) && (
            <p class="sw-text" dir="auto">
              {typeof pair[0].input === "string" ? pair[0].input : JSON.stringify(pair[0].input)}
            </p>
          )}
        </div>
        {pair && (
          <div class="sw-diff-grid">
            <span class="sw-dh sw-label">Output</span>
            {pair.map(({ n }, side) => (
              <div class="sw-dh">
                <Choice
                  label={["Left version", "Right version"][side]}
                  value={n}
                  options={versions.map((each) => [each.n, about(row, body, each)])}
                  onChoose={(other) => {
                    putVersion(view, side, other);
                    focus(box.current); // the next key is a choice between the two
                  }}
                />
                {versions.length > 2 && (
                  <span class="sw-hide-m">{view.keys.named(SIDES[side] ?? "")?.keys.map(keysOf)}</span>
                )}
              </div>
            ))}
            {!same(pair[0].input, pair[1].input) && compared("input", pair[0].input, pair[1].input)}
            {compared("output", pair[0].output, pair[1].output)}
          </div>
        )}
      </div>
      {pair && (
        <div class="sw-foot sw-diff-grid" role="toolbar" aria-label="Choose a version">
          <span />
          {pair.map(({ n }, side) => (
            <span>
              <Button
                icon={side ? "right" : "left"}
                class="sw-btn--lg"
                chord={view.keys.chord(side ? "accept" : "decline")}
                off={refusal(view)}
                onPress={() => keepSide(view, side)}
              >
                {`${n === row.version ? "Stay with" : n < row.version && n !== body?.proposal ? "Go back to" : "Take"} ${n}`}
              </Button>
            </span>
          ))}
        </div>
      )}
    </section>
  );
}

/** A version in a line: "Version 2 · now · 13:58 · regenerated by gpt-6-luna". */
function about(row: SampleRow, body: SampleBody | null, version: VersionView): string {
  const is = version.n === row.version ? "now" : version.n === body?.proposal && row.proposal ? "new" : "";
  return [`Version ${version.n}`, is, clock(version.created), version.by].filter(Boolean).join(" · ");
}

/** Field by field: what is equal is muted, what is not shows its words. */
function compared(whole: string, before: unknown, after: unknown): ComponentChild {
  return lines(before, after).map((line) => {
    const equal = line.before === line.after;
    const pieces = diffWords(line.before ?? "", line.after ?? "");
    const side = (text: string | null, kind: "del" | "ins") => {
      const Change = kind;
      return (
        <div class={equal ? "sw-text sw-muted" : "sw-text"} dir="auto">
          {text === null ? (
            <span class="sw-faint sw-small">not set</span>
          ) : (
            sideOf(pieces, kind).map((piece) =>
              piece.kind === kind ? <Change>{piece.text}</Change> : piece.text,
            )
          )}
        </div>
      );
    };
    return (
      <>
        <span class="sw-mono sw-muted sw-ell" title={line.name} dir="auto">
          {line.name || whole}
        </span>
        {side(line.before, "del")}
        {side(line.after, "ins")}
      </>
    );
  });
}
