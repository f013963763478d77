import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { refusal } from "../actions";
import type { IconName } from "../icons";
import { asksFor, spending } from "../plan";
import type { View } from "../view";
import { Button } from "./bits";

interface SpendProps {
  view: View;
  /** Model calls that it sends at least: one a sample. */
  calls: number;
  icon: IconName;
  word: string;
  class?: string;
  onSend: () => void;
}

/** A button that spends: its tooltip says the calls, and where spending asks, the first press does. */
export function Spend({
  view,
  calls,
  icon,
  word,
  class: more = "sw-btn--sm",
  onSend,
}: SpendProps): JSX.Element {
  const [asking, setAsking] = useState(0);
  const says = spending(view, calls);
  const sure = !asksFor(view, calls) || asking === calls;
  const press = () => {
    setAsking(sure ? 0 : calls);
    if (sure) onSend();
  };
  return (
    <Button icon={icon} class={more} off={refusal(view)} title={says} onPress={press}>
      {asking === calls ? `${word}: ${says}` : word}
    </Button>
  );
}
