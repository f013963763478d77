import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { run } from "../actions";
import { Icon } from "../icons";
import type { View } from "../view";
import { Button, IconButton } from "./bits";

/** Changes that a person has put aside in this page. */
const seen = signal<ReadonlySet<string>>(new Set());

/** Says once what a changed task did to the samples. */
export function TaskBanner({ view }: { view: View }): JSX.Element | null {
  const { epoch, task, studio } = view.line.replica;
  const { changed, version } = task.value ?? {};
  const key = `synth_widgets ${epoch} ${version}`;
  if (!changed || seen.value.has(key) || remembered(key)) return null;
  const put = () => {
    seen.value = new Set(seen.value).add(key);
    remember(key);
  };
  const undo = studio.value?.undo;
  return (
    <div class="sw-run" role="status">
      <span class="sw-ico-t sw-shrink">
        <Icon name="task" class="sw-c-warn" />
        <span class="sw-ell" title={changed}>
          <b class="sw-strong">The task changed.</b> <span class="sw-muted">{changed}</span>
        </span>
      </span>
      <span class="sw-grow" />
      {undo && /task/i.test(undo) && (
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

/** For as long as the page's tab lasts, where the host lets us. */
function remember(key: string): void {
  try {
    sessionStorage.setItem(key, "1");
  } catch {
    // a host without storage shows it again after a reload
  }
}

function remembered(key: string): boolean {
  try {
    return sessionStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}
