import type { JSX } from "preact";
import { type Decision, decide, refusal, run } from "../actions";
import type { CommandName } from "../commands.gen";
import type { IconName } from "../icons";
import type { SampleRow } from "../protocol.gen";
import type { Status } from "../store";
import type { View } from "../view";
import { Button } from "./bits";

/** What it does, its icon, its word, and the command whose keys give it. */
type Choice = readonly [Decision | "skip", IconName, string, CommandName];

const KEEP: Choice = ["keep", "kept", "Keep", "keep"];
const REJECT: Choice = ["reject", "rejected", "Reject", "reject"];
const RESTORE: Choice = ["restore", "undo", "Restore", "restore"];
const SKIP: Choice = ["skip", "skip", "Skip", "skip"];
/** What can be decided about a sample, by what it is. */
const CHOICES: Record<Status, readonly Choice[]> = {
  draft: [KEEP, REJECT, SKIP],
  kept: [RESTORE, REJECT, SKIP],
  rejected: [KEEP, RESTORE, SKIP],
  failed: [["retry", "regenerate", "Retry", "regenerate"], REJECT, SKIP],
  pending: [["retry", "play", "Generate 1", "regenerate"], REJECT, SKIP],
};

/** The foot of the detail pane acts on its sample alone, whatever is selected in the grid. */
export function Verdicts({ view, row }: { view: View; row: SampleRow }): JSX.Element {
  return (
    <div class="sw-foot sw-verdicts" role="toolbar" aria-label="Verdict">
      {CHOICES[row.status].map(([name, icon, word, by]) => (
        <Button
          key={name}
          icon={icon}
          class="sw-verdict"
          chord={view.keys.chord(by)}
          off={name === "skip" ? null : refusal(view)}
          onPress={() => (name === "skip" ? run(view, name) : void decide(view, name, [row.id]))}
        >
          {word}
        </Button>
      ))}
    </div>
  );
}
