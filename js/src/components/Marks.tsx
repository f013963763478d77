import type { JSX } from "preact";
import { isNew } from "../compare";
import { type IconName, iconOf } from "../icons";
import type { SampleRow } from "../protocol.gen";
import type { View } from "../view";

/** Whether the sample is being made again now. */
export function isMaking(view: View, row: SampleRow): boolean {
  const { making, replica } = view.line;
  making.at.value;
  replica.jobsAt.value;
  return making.has(row, replica.jobs);
}

/** What is to be known of a sample beside its status, the most pressing alone; or null. */
export function Mark({ view, row }: { view: View; row: SampleRow }): JSX.Element | null {
  const badge = (icon: IconName, tint: string, word: string) => (
    <span class={`sw-badge ${tint}`}>
      {iconOf(icon, 12, icon === "spin" ? "sw-spin" : "")}
      {word}
    </span>
  );
  if (view.editing.value?.id === row.id) return badge("edit", "sw-c-accent", "Editing");
  if (isMaking(view, row)) return badge("spin", "", "Regenerating");
  if (row.unfinished) return badge("edit", "sw-c-warn", "Unfinished");
  if (row.stale) return badge("regenerate", "sw-c-warn", view.keys.hint("remake", "Stale"));
  if (isNew(view, row)) return badge("diff", "sw-c-accent", "New version");
  if (row.origin === "edited") return badge("edit", "", "Edited");
  return row.origin === "own" ? <span class="sw-badge">Own</span> : null;
}
