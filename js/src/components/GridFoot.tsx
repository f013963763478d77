import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { decide, generateOutputs, goToNewest, judged, refusal, run } from "../actions";
import type { CommandName } from "../commands.gen";
import { choose, isProposed } from "../compare";
import { iconOf } from "../icons";
import { isRow, keyOf } from "../rows";
import { TOLD, type View } from "../view";
import { count, some } from "../words";
import { Button, GAP, IconButton, keysOf, Press } from "./bits";
import { Spend } from "./Spend";

/** The line under the grid: what to press, what to do with the selection, or what came in out of sight. */
export function GridFoot({ view, edge }: { view: View; edge: number }): JSX.Element {
  const selected = view.selection.value.size;
  if (selected > 0) return <Bulk view={view} selected={selected} />;
  const arrived = arrivals(view, edge);
  if (arrived) return <Arrivals view={view} {...arrived} />;
  const failed = view.listing.value.rows;
  if (view.facet.value === "failed" && failed > 0) return <FailedFoot view={view} failed={failed} />;
  const pending = pendingHere(view);
  const key = (name: CommandName) => view.keys.chord(name);
  return (
    <Foot class={pending > 0 ? "" : "sw-hints"}>
      {view.facet.value === "pending" && pending > 0 ? (
        <span class="sw-small sw-muted sw-hide-n sw-ell">
          {some(pending, "input waits for its output", "inputs wait for their outputs")}:{" "}
          {some(pending, "model call")}
        </span>
      ) : (
        <>
          <Hint chord={key("select")}>select</Hint>
          <Hint chord={key("keep")}>keep</Hint>
          <Hint chord={key("reject")}>reject</Hint>
          <Hint chord={key("undo")}>undo</Hint>
          <Hint chord={key("help")}>all keys</Hint>
        </>
      )}
      {GAP}
      <Outputs view={view} />
    </Foot>
  );
}

/** Inputs in the list that were made alone, or whose job stopped: they wait for their outputs. */
function pendingHere(view: View): number {
  const shown = ["all", "pending"].includes(view.facet.value) && view.line.line.value.state !== "saved";
  if (!shown || !view.idle) return 0;
  const node = view.node();
  const counts = view.listing.value.counts ?? (node && view.totals.value.get(node.id));
  return counts?.pending ?? 0;
}

function Foot(props: { class?: string; children: ComponentChildren }): JSX.Element {
  return <div class={`sw-foot ${props.class ?? ""}`}>{props.children}</div>;
}

function Outputs({ view }: { view: View }): JSX.Element | null {
  const pending = pendingHere(view);
  if (pending === 0) return null;
  const shown = () => view.listing.value.items.filter((item) => isRow(item) && item.status === "pending");
  return (
    <Spend
      view={view}
      calls={pending}
      icon="play"
      word={`Generate ${some(pending, "output")}`}
      onSend={() => generateOutputs(view, view.cut ? shown().map(keyOf) : null)}
    />
  );
}

function Hint({ chord, children }: { chord: string; children: string }): JSX.Element {
  return (
    <span class="sw-hint sw-hide-m">
      {keysOf(chord)}
      {children}
    </span>
  );
}

function Bulk({ view, selected }: { view: View; selected: number }): JSX.Element {
  const no = refusal(view);
  const hidden = view.unlisted.value;
  const pending = view.idle ? view.pendingSelected.value : [];
  const told =
    selected > TOLD ? `studio.widget.selected_ids holds the first ${count(TOLD)} of them` : undefined;
  const at = view.replica.samplesAt.value;
  const verdicts = view.line.verdicts.at.value;
  const [proposed, verdict] = useMemo(() => {
    const ids = [...view.selection.value];
    const rows = ids.flatMap((id) => view.sampleOf(id) ?? []);
    return [rows.filter((row) => isProposed(view, row)).map(keyOf), judged(view, "keep", ids)] as const;
  }, [view.selection.value, at, verdicts]);
  const { length: judging } = verdict.ids;
  const decided = verdict.left.length;
  const leaves = decided > 0 ? `${count(decided)} that you decided about stay as they are` : undefined;
  return (
    <div class="sw-foot" role="toolbar" aria-label="Selected samples">
      <span class="sw-reason sw-selected" role="status">
        <b class="sw-strong">{`${count(selected)} selected`}</b>
        {(hidden > 0 || told) && (
          <span class="sw-small sw-ell" title={told}>
            {hidden > 0 ? (
              <span class="sw-c-warn">{`${count(hidden)} not shown`}</span>
            ) : (
              <span class="sw-muted">{`${count(TOLD)} in selected_ids`}</span>
            )}
          </span>
        )}
      </span>
      {pending.length > 0 ? (
        <Spend
          view={view}
          calls={selected}
          icon="play"
          word={`Generate ${some(selected, "output")}`}
          onSend={() => generateOutputs(view, [...pending])}
        />
      ) : (
        <Button
          icon="check"
          class="sw-btn--sm"
          chord={view.keys.chord("keep")}
          off={no}
          title={leaves}
          onPress={() => void decide(view, "keep")}
        >
          {`Keep ${count(judging)}`}
        </Button>
      )}
      <Button
        icon="x"
        class="sw-btn--sm"
        chord={view.keys.chord("reject")}
        off={no}
        title={leaves}
        onPress={() => void decide(view, "reject")}
      >
        {`Reject ${count(judging)}`}
      </Button>
      {proposed.length > 0 ? (
        <Button icon="diff" class="sw-btn--sm" off={no} onPress={() => void choose(view, "accept", proposed)}>
          {`Take ${count(proposed.length)} new`}
        </Button>
      ) : (
        <IconButton icon="undo" label="Restore" off={no} onPress={() => void decide(view, "restore")} />
      )}
      <IconButton
        icon="regenerate"
        label={view.keys.hint("regenerate", "Regenerate")}
        off={no}
        onPress={() => run(view, "regenerate")}
      />
      {GAP}
      <IconButton icon="x" label="Clear the selection (Esc)" onPress={() => view.select([])} />
    </div>
  );
}

function FailedFoot({ view, failed }: { view: View; failed: number }): JSX.Element {
  const no = refusal(view);
  const ids = () => view.listing.value.items.filter(isRow).map((row) => row.id);
  const all = failed === 1 ? "" : "all ";
  return (
    <Foot>
      <span class="sw-small sw-muted sw-hide-m">Failed samples are never exported.</span>
      {GAP}
      <Button icon="x" class="sw-btn--sm" off={no} onPress={() => void decide(view, "reject", ids())}>
        {`Reject ${all}${count(failed)}`}
      </Button>
      <Spend
        view={view}
        calls={failed}
        icon="regenerate"
        word={`Retry ${all}${count(failed)}`}
        onSend={() => decide(view, "retry", ids())}
      />
    </Foot>
  );
}

interface Arrived {
  number: number;
  where: "below" | "above";
}

/** New rows that are listed but not in sight yet; `edge` is the index of the last line in sight. */
function arrivals(view: View, edge: number): Arrived | null {
  view.fresh.at.value;
  if (view.fresh.size === 0) return null;
  let above = 0;
  let below = 0;
  view.listing.value.items.forEach((item, index) => {
    if (!isRow(item) || !view.fresh.unseen(item.id)) return;
    if (index >= edge) below += 1;
    else above += 1;
  });
  if (below > 0) return { number: below, where: "below" };
  return above > 0 ? { number: above, where: "above" } : null;
}

function Arrivals({ view, number, where }: Arrived & { view: View }): JSX.Element {
  return (
    <Foot>
      <Press class="sw-btn sw-btn--sm" onPress={() => goToNewest(view)}>
        {iconOf(where === "below" ? "down" : "up", 14, "sw-c-accent")}
        <span>
          <b class="sw-strong">{`${count(number)} new`}</b> {where}
        </span>
        {keysOf(view.keys.chord("newest"))}
      </Press>
      {GAP}
      {pendingHere(view) === 0 && (
        <span class="sw-small sw-muted sw-hide-m">New rows never move the one you are on.</span>
      )}
      <Outputs view={view} />
    </Foot>
  );
}
