import type { JSX } from "preact";
import { decide, refusal, run } from "../actions";
import type { CommandName } from "../commands.gen";
import type { IconName } from "../icons";
import type { SampleRow } from "../protocol.gen";
import type { View } from "../view";
import { Button } from "./bits";

interface Choice {
  name: CommandName;
  icon: IconName;
  word: string;
  chord?: string;
  off?: string | null;
}

/** What can be decided about a sample, by what it is. */
function choices(row: SampleRow, no: string | null): Choice[] {
  const keep: Choice = { name: "keep", icon: "kept", word: "Keep", chord: "a", off: no };
  const reject: Choice = { name: "reject", icon: "rejected", word: "Reject", chord: "x", off: no };
  const skip: Choice = { name: "skip", icon: "skip", word: "Skip", chord: "s" };
  const restore: Choice = { name: "restore", icon: "undo", word: "Restore", off: no };
  switch (row.status) {
    case "failed":
      return [{ name: "retry", icon: "regenerate", word: "Retry", chord: "r", off: no }, reject, skip];
    case "pending":
      return [{ name: "retry", icon: "play", word: "Generate 1", chord: "r", off: no }, reject, skip];
    case "kept":
      return [restore, reject, skip];
    case "rejected":
      return [keep, restore, skip];
    default:
      return [keep, reject, skip];
  }
}

/** The foot of the detail pane acts on its sample alone, whatever is selected in the grid. */
export function Verdicts({ view, row }: { view: View; row: SampleRow }): JSX.Element {
  return (
    <div class="sw-foot sw-verdicts" role="toolbar" aria-label="Verdict">
      {choices(row, refusal(view)).map((choice) => (
        <Button
          key={choice.name}
          icon={choice.icon}
          class="sw-verdict"
          off={choice.off ?? null}
          {...(choice.chord === undefined ? {} : { chord: choice.chord })}
          onPress={() => {
            const { name } = choice;
            if (name === "skip") run(view, "skip");
            else if (name === "keep" || name === "reject" || name === "restore" || name === "retry") {
              void decide(view, name, [row.id]);
            }
          }}
        >
          {choice.word}
        </Button>
      ))}
    </div>
  );
}
