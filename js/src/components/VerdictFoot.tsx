import type { JSX } from "preact";
import { type Decision, decide, refusal, run } from "../actions";
import type { IconName } from "../icons";
import type { SampleRow } from "../protocol.gen";
import type { Status } from "../store";
import type { View } from "../view";
import { Button } from "./bits";

/** What it does, its icon, its word, its key. */
type Choice = readonly [Decision | "skip", IconName, string, string?];

const KEEP: Choice = ["keep", "kept", "Keep", "a"];
const REJECT: Choice = ["reject", "rejected", "Reject", "x"];
const RESTORE: Choice = ["restore", "undo", "Restore"];
const SKIP: Choice = ["skip", "skip", "Skip", "s"];
/** What can be decided about a sample, by what it is. */
const CHOICES: Record<Status, readonly Choice[]> = {
  draft: [KEEP, REJECT, SKIP],
  kept: [RESTORE, REJECT, SKIP],
  rejected: [KEEP, RESTORE, SKIP],
  failed: [["retry", "regenerate", "Retry", "r"], REJECT, SKIP],
  pending: [["retry", "play", "Generate 1", "r"], REJECT, SKIP],
};

/** The foot of the detail pane acts on its sample alone, whatever is selected in the grid. */
export function Verdicts({ view, row }: { view: View; row: SampleRow }): JSX.Element {
  return (
    <div class="sw-foot sw-verdicts" role="toolbar" aria-label="Verdict">
      {CHOICES[row.status].map(([name, icon, word, chord = ""]) => (
        <Button
          key={name}
          icon={icon}
          class="sw-verdict"
          chord={chord}
          off={name === "skip" ? null : refusal(view)}
          onPress={() => (name === "skip" ? run(view, name) : void decide(view, name, [row.id]))}
        >
          {word}
        </Button>
      ))}
    </div>
  );
}
