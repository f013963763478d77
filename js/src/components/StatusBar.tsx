import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { run } from "../actions";
import { Icon, type IconName } from "../icons";
import type { StudioView } from "../protocol.gen";
import type { Line } from "../transport";
import type { View } from "../view";
import { count, dateOf, fileName, some } from "../words";
import { copyText, IconButton, Keys } from "./bits";

const CODE = "studio.to_pandas()";

export function StatusBar({ view }: { view: View }): JSX.Element {
  const studio = view.line.replica.studio.value;
  const root = view.nodes.value[0];
  const kept = root ? (view.totals.value.get(root.id)?.kept ?? 0) : 0;
  const toast = view.toasts.now.value;
  const line = view.line.line.value;
  return (
    <div class="sw-statusbar">
      <Truth view={view} line={line} studio={studio} />
      {studio?.session && !toast && <span class="sw-si sw-hide-m sw-faint">session {studio.session}</span>}
      <span class="sw-grow" />
      {toast && <ToastLine view={view} />}
      {toast && <span class="sw-grow" />}
      {line.state !== "saved" && (
        <span class="sw-si sw-hide-n">
          <span>
            <b class="sw-strong">{count(kept)}</b> kept in
          </span>
          <code>{CODE}</code>
          <IconButton
            icon="copy"
            label="Copy the code"
            class="sw-icon-btn--sm"
            onPress={() => {
              copyText(CODE, view.root);
              view.toasts.say(`Copied ${CODE}`);
            }}
          />
        </span>
      )}
      <Announcer view={view} />
    </div>
  );
}

interface Said {
  icon: IconName;
  kind: "plain" | "warn" | "bad";
  text: string;
  more?: string;
  title?: string;
}

/** The connection and the file: always what is true. */
export function truth(line: Line, studio: StudioView | null): Said {
  switch (line.state) {
    case "gone":
      return {
        icon: "warn",
        kind: "bad",
        text:
          line.lost > 0
            ? `Kernel gone: ${some(line.lost, "action was", "actions were")} not done`
            : "Kernel gone",
        title: "Run the cell again to go on",
      };
    case "saved":
      return {
        icon: "lock",
        kind: "warn",
        text: line.kernel
          ? `The kernel has not answered yet. As of ${dateOf(line.at)}.`
          : `No kernel. As of ${dateOf(line.at)}. Run the cell to go on.`,
        title: "What the notebook was saved with: the first samples, kept ones first",
      };
    case "silent":
      return {
        icon: "hourglass",
        kind: "warn",
        text: "No answer from the kernel",
        title: "It may be running another cell. If it is not, run this cell again.",
      };
    case "busy":
      return {
        icon: "hourglass",
        kind: "warn",
        text: `Kernel busy, ${some(line.queued, "action")} queued`,
        title: "They will be done, in this order, as soon as the kernel is free",
      };
    case "opening":
      return { icon: "spin", kind: "plain", text: "Opening" };
    case "back":
      return { icon: "check", kind: "plain", text: "Reconnected" };
    default:
      return file(studio);
  }
}

function file(studio: StudioView | null): Said {
  if (!studio) return { icon: "spin", kind: "plain", text: "Opening" };
  if (studio.read_only) {
    return { icon: "lock", kind: "warn", text: `Read-only: ${studio.read_only}`, title: studio.read_only };
  }
  if (studio.unsaved) {
    return { icon: "warn", kind: "bad", text: `Not saved: ${studio.unsaved}`, title: studio.unsaved };
  }
  if (studio.path === ":memory:")
    return { icon: "info", kind: "plain", text: "In memory", title: "Not in a file" };
  return { icon: "saved", kind: "plain", text: "Saved", more: fileName(studio.path), title: studio.path };
}

function Truth(props: { view: View; line: Line; studio: StudioView | null }): JSX.Element {
  const { view, line } = props;
  const said = truth(line, props.studio);
  const kinds = { plain: "", warn: "sw-conn--busy", bad: "sw-conn--bad" };
  const look = `sw-conn ${kinds[said.kind]}`;
  const inner = (
    <>
      <Icon name={said.icon} size={14} class={said.icon === "spin" ? "sw-spin" : ""} />
      <span class="sw-ell">{said.text}</span>
      {said.more && <span class="sw-faint sw-hide-n sw-ell">{said.more}</span>}
    </>
  );
  const waits = (line.state === "busy" && line.queued > 0) || (line.state === "gone" && line.lost > 0);
  if (!waits) {
    return (
      <span class={look} role={said.kind === "plain" ? "status" : "alert"} title={said.title}>
        {inner}
      </span>
    );
  }
  return (
    <span role="alert" class="sw-si">
      <button
        type="button"
        class={look}
        title={said.title}
        aria-haspopup="dialog"
        aria-expanded={view.open.value === "line"}
        onClick={() => {
          view.open.value = view.open.value === "line" ? null : "line";
        }}
      >
        {inner}
        <Icon name="chevd" size={12} class="sw-up" />
      </button>
    </span>
  );
}

function ToastLine({ view }: { view: View }): JSX.Element | null {
  const toast = view.toasts.now.value;
  if (!toast) return null;
  return (
    <span
      class="sw-toast"
      onMouseEnter={() => view.toasts.hold()}
      onMouseLeave={() => view.toasts.release()}
      onFocusIn={() => view.toasts.hold()}
      onFocusOut={() => view.toasts.release()}
    >
      <span class="sw-ell" title={toast.text}>
        {toast.text}
      </span>
      {toast.undo && (
        <button
          type="button"
          onClick={() => {
            view.toasts.close();
            run(view, "undo");
          }}
        >
          Undo
          <Keys chord="u" />
        </button>
      )}
    </span>
  );
}

const SPEAK_EVERY = 5000;
let spoke = 0;

/** Toasts for a screen reader: errors at once, the rest at most every five seconds. */
function Announcer({ view }: { view: View }): JSX.Element {
  const toast = view.toasts.now.value;
  const [said, say] = useState("");
  useEffect(() => {
    if (!toast || toast.alert) return;
    const wait = Math.max(0, spoke + SPEAK_EVERY - Date.now());
    const timer = setTimeout(() => {
      spoke = Date.now();
      say(toast.text);
    }, wait);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <>
      <span class="sw-vh" role="status">
        {said}
      </span>
      <span class="sw-vh" role="alert">
        {toast?.alert ? toast.text : ""}
      </span>
    </>
  );
}
