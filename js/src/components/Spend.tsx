import type { JSX } from "preact";
import { refusal } from "../actions";
import type { IconName } from "../icons";
import { spending } from "../plan";
import type { View } from "../view";
import { Button } from "./bits";
import { useSending } from "./useSending";

interface SpendProps {
  view: View;
  /** Model calls that it sends at least: one a sample. */
  calls: number;
  icon: IconName;
  word: string;
  onSend: () => Promise<unknown>;
}

/** A button that spends: its tooltip says what. */
export function Spend({ view, calls, icon, word, onSend }: SpendProps): JSX.Element {
  const sending = useSending();
  return (
    <Button
      icon={icon}
      class="sw-btn--sm"
      off={refusal(view) ?? sending.off}
      title={spending(view, calls)}
      onPress={() => void sending.wait(onSend())}
    >
      {word}
    </Button>
  );
}
