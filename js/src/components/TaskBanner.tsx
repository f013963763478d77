import type { JSX } from "preact";
import { run } from "../actions";
import { iconOf } from "../icons";
import { said } from "../shown";
import type { View } from "../view";
import { Button, GAP, IconButton } from "./bits";

/** Says once what a changed task did to the samples. */
export function TaskBanner({ view }: { view: View }): JSX.Element | null {
  const { epoch, task, studio } = view.replica;
  const { changed, version } = task.value ?? {};
  const key = `synth_widgets ${epoch} ${version}`;
  if (!changed || view.dismissed.value.has(key) || memory()?.getItem(key)) return null;
  const put = () => {
    view.dismissed.value = new Set(view.dismissed.value).add(key);
    memory()?.setItem(key, "1");
  };
  const undo = studio.value?.undo;
  return (
    <div class="sw-run" role="status">
      <span class="sw-ico-t sw-shrink">
        {iconOf("task", 16, "sw-c-warn")}
        <span class="sw-clamp sw-small" style={{ "--n": 2, whiteSpace: "normal" }} title={changed}>
          {said(changed)}
        </span>
      </span>
      {GAP}
      {undo?.startsWith("Task changed") && (
        <Button
          icon="undo"
          class="sw-btn--sm"
          title={`Undo: ${undo}`}
          onPress={() => {
            put();
            run(view, "undo");
          }}
        >
          Undo
        </Button>
      )}
      <IconButton icon="x" label="Dismiss" class="sw-icon-btn--sm" onPress={put} />
    </div>
  );
}

/** What the page's tab remembers over a reload, where the host lets us. */
function memory(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
