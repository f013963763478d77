import type { ComponentChildren, JSX } from "preact";
import { refusal, run } from "../actions";
import { choose, isProposed, replaced } from "../compare";
import { discardUnfinished, openEdit } from "../editing";
import { iconOf } from "../icons";
import type { SampleBody, SampleRow } from "../protocol.gen";
import { said } from "../shown";
import type { View } from "../view";
import { Button } from "./bits";

/** Its word, what it does, its key. */
type Act = readonly [string, () => unknown, string?];

interface NoteProps {
  kind: "failed" | "warn" | "plain";
  children: ComponentChildren;
  acts?: readonly Act[];
  off?: string | null;
}

/** A box with something to know, and what can be done about it. */
export function Note({ kind, children, acts, off = null }: NoteProps): JSX.Element {
  return (
    <div class={`sw-note sw-note--${kind}`}>
      {iconOf(kind === "plain" ? "info" : kind)}
      <div dir="auto">
        {children}
        {acts && (
          <div class="sw-acts">
            {acts.map(([word, onPress, chord = ""]) => (
              <Button class="sw-btn--sm" chord={chord} off={off} onPress={onPress}>
                {word}
              </Button>
            ))}
          </div>
        )}
      </div>
    </div>
  );
}

/** What waits for the person at this sample: an edit to finish, an output to make again, a version to choose. */
export function Notes({ view, row, body }: { view: View; row: SampleRow; body: SampleBody }): JSX.Element {
  const off = refusal(view);
  const ids = [row.id];
  const remake = () => {
    view.select([]); // this sample is meant, not what is ticked in the grid
    run(view, "remake");
  };
  const unfinished: Act[] = [
    ["Continue edit", () => openEdit(view), view.keys.chord("edit")],
    ["Discard", () => discardUnfinished(view, body)],
  ];
  const compare: Act = ["Compare", () => run(view, "compare"), view.keys.chord("compare")];
  const before = replaced(view, row);
  const proposed: Act[] = [
    compare,
    ["Take", () => choose(view, "accept", ids)],
    ["Decline", () => choose(view, "decline", ids, row.version)],
  ];
  return (
    <>
      {body.unfinished && (
        <Note kind="warn" off={off} acts={unfinished}>
          Unfinished edit: <bdi>{said(body.unfinished.problem)}</bdi>
        </Note>
      )}
      {row.stale && (
        <Note kind="warn" off={off} acts={[["Regenerate", remake, "Shift+r"]]}>
          Output was made for the older input.
        </Note>
      )}
      {isProposed(view, row) && (
        <Note kind="plain" off={off} acts={proposed}>
          Version {body.proposal} is new. This one stays until you choose.
        </Note>
      )}
      {before !== null && (
        <Note
          kind="plain"
          off={off}
          acts={[compare, [`Go back to ${before}`, () => choose(view, "revert", ids, before)]]}
        >
          Version {row.version} is new, in place of {before}.
        </Note>
      )}
    </>
  );
}
