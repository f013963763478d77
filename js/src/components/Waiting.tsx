import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { iconOf, isIcon } from "../icons";
import { shown } from "../shown";
import type { Action } from "../transport";
import type { View } from "../view";
import { count, some } from "../words";
import { Popover } from "./Popover";

const MOST = 50;

/** What waits for a busy kernel, or was not done because the kernel is gone. */
export function Waiting({ view }: { view: View }): JSX.Element | null {
  const gone = view.line.line.value.state === "gone";
  const actions = view.line.waiting();
  const none = actions.length === 0;
  useEffect(() => {
    if (none) view.close();
  }, [none]);
  if (none) return null;
  return (
    <Popover view={view} label="Waiting" class="sw-drop sw-drop--line">
      <p class="sw-small sw-muted">
        {gone
          ? "The kernel is gone. Run the cell again and repeat these."
          : "The kernel is running another cell. These will be done in this order."}
      </p>
      <ol class="sw-jobs" data-sw-first tabIndex={-1}>
        {actions.slice(0, MOST).map((action) => (
          <Line view={view} action={action} />
        ))}
        {actions.length > MOST && <li class="sw-muted">and {count(actions.length - MOST)} more</li>}
      </ol>
    </Popover>
  );
}

function Line({ view, action }: { view: View; action: Action }): JSX.Element {
  const command = view.keys.named(action.name);
  const icon = command?.icon ?? null;
  return (
    <li class="sw-ico-t">
      {isIcon(icon) && iconOf(icon, 14)}
      <span>{command?.label ?? action.name}</span>
      <span class="sw-muted sw-small sw-ell" dir="auto">
        {shown(subject(view, action.args))}
      </span>
    </li>
  );
}

function subject(view: View, args: Action["args"]): string {
  const { ids, id, path, paths, name } = args as Partial<Record<string, string | string[]>>;
  if (Array.isArray(ids) && ids.length !== 1) return some(ids.length, "sample");
  const one = typeof id === "string" ? id : ids?.[0];
  if (one) return view.sampleOf(one)?.input?.text ?? "";
  if (Array.isArray(paths)) return some(paths.length, "topic");
  const last = Array.isArray(path) ? path.at(-1) : path;
  return [last, name].filter(Boolean).join(" → ");
}
