import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { callsOf, regenerate, remakable } from "../curate";
import { isEnter, prevent } from "../events";
import { spending } from "../plan";
import { refusal } from "../send";
import type { View } from "../view";
import { count, some } from "../words";
import { Button } from "./bits";
import { Words } from "./Labelled";
import { Choice } from "./Plan";
import { Sheet, SheetFoot } from "./Popover";
import { useSending } from "./useSending";

type Side = "input" | "output";
const PARTS = [
  ["output", "Output"],
  ["input", "Input and output"],
] as const;

/** Asks how samples should be made anew: which part, with what wish, in how many calls. */
export function RegeneratePopover({ view }: { view: View }): JSX.Element {
  const [{ whole, open }] = useState(() => remakable(view));
  const [part, setPart] = useState<Side>("output");
  const [wish, setWish] = useState("");
  const sending = useSending();
  const calls = callsOf(whole.length, part);
  const kept = whole.filter((row) => row.status === "kept").length;
  const off = refusal(view) ?? sending.off;
  const sendIt = () => {
    if (off) view.toasts.warn(off);
    else void sending.wait(regenerate(view, whole, part, wish));
  };
  const parts = some(whole.length, part);
  const what = whole.length === 1 ? `the ${part}` : parts;
  return (
    <Sheet view={view} label="Regenerate" title={`Regenerate ${what}`} class="sw-plan sw-regen">
      <Choice view={view} label="Part" value={part} ways={PARTS} onWay={setPart} />
      <Words
        label={`Instruction for the ${part} (optional)`}
        first
        placeholder="shorter, less formal"
        value={wish}
        onText={setWish}
        onKeyDown={(event) => {
          if (!isEnter(event) || event.shiftKey) return;
          prevent(event);
          sendIt();
        }}
      />
      <p class="sw-small sw-muted">
        {spending(view, calls)}.
        {kept > 0 && ` What is kept (${count(kept)}) stays until you take its new version.`}
        {open.length > 0 && ` Without an output, left out: ${count(open.length)}.`}
      </p>
      <SheetFoot view={view}>
        <Button icon="regenerate" class="sw-btn--primary" chord="Enter" off={off} onPress={sendIt}>
          {whole.length === 1 ? "Regenerate" : `Regenerate ${parts}`}
        </Button>
      </SheetFoot>
    </Sheet>
  );
}
