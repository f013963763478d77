import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { run } from "../actions";
import { copyText } from "../clip";
import { later } from "../events";
import { type IconName, iconOf } from "../icons";
import type { StudioView } from "../protocol.gen";
import { said, shown } from "../shown";
import { type Line, NO_ANSWER } from "../transport";
import type { View } from "../view";
import { count, dateOf, fileName, some } from "../words";
import { GAP, IconButton, keysOf, Press } from "./bits";

const CODE = "studio.to_pandas()";

export function StatusBar({ view }: { view: View }): JSX.Element {
  const studio = view.replica.studio.value;
  const root = view.nodes.value[0];
  const kept = root ? (view.totals.value.get(root.id)?.kept ?? 0) : 0;
  const toast = view.toasts.now.value;
  const line = view.line.line.value;
  return (
    <div class="sw-statusbar">
      <Truth view={view} line={line} studio={studio} />
      {studio?.session && !toast && <span class="sw-si sw-hide-m sw-faint">session {studio.session}</span>}
      {GAP}
      {toast && <ToastLine view={view} />}
      {toast && GAP}
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
            onPress={() => copyText(view, CODE, CODE)}
          />
        </span>
      )}
      <Announcer view={view} />
    </div>
  );
}

/** An icon, the words beside it, a tooltip, and more words where there is room. */
type Said = readonly [icon: IconName, words: string, title?: string, more?: string];

/** The connection and the file: always what is true. */
export function truth(line: Line, studio: StudioView | null): Said {
  switch (line.state) {
    case "gone": {
      const lost = line.lost > 0 ? `: ${some(line.lost, "action was", "actions were")} not done` : "";
      return ["warn", `Kernel gone${lost}`, "Run the cell again to go on"];
    }
    case "saved": {
      const then = `As of ${dateOf(line.at)}.`;
      return [
        "lock",
        line.kernel ? `${NO_ANSWER} ${then}` : `No kernel. ${then} Run the cell to go on.`,
        "What the notebook was saved with: the first samples, kept ones first",
      ];
    }
    case "silent":
      return [
        "hourglass",
        "No answer from the kernel",
        "It may be running another cell. If it is not, run this cell again.",
      ];
    case "busy":
      return [
        "hourglass",
        `Kernel busy, ${some(line.queued, "action")} queued`,
        "They will be done as soon as the kernel is free",
      ];
    case "back":
      return ["check", "Reconnected"];
    default:
      return studio && line.state === "open" ? file(studio) : ["spin", "Opening"];
  }
}

function file({ read_only, unsaved, path }: StudioView): Said {
  if (read_only) return ["lock", `Read-only: ${read_only}`, read_only];
  if (unsaved) return ["warn", `Not saved: ${unsaved}`, unsaved];
  if (path === ":memory:") return ["info", "In memory", "Not in a file"];
  return ["saved", "Saved", path, fileName(path)];
}

/** How loud an icon is; the others are plain. */
const LOUD: Partial<Record<IconName, string>> = {
  warn: "sw-conn--bad",
  lock: "sw-conn--busy",
  hourglass: "sw-conn--busy",
};

function Truth(props: { view: View; line: Line; studio: StudioView | null }): JSX.Element {
  const { view, line } = props;
  const [icon, words, title, more] = truth(line, props.studio);
  const loud = LOUD[icon];
  const look = `sw-conn ${loud ?? ""}`;
  const inner = (
    <>
      {iconOf(icon, 14, icon === "spin" ? "sw-spin" : "")}
      <span class="sw-ell">{said(words)}</span>
      {more && <span class="sw-faint sw-hide-n sw-ell">{shown(more)}</span>}
    </>
  );
  const waits = (line.state === "busy" && line.queued > 0) || (line.state === "gone" && line.lost > 0);
  if (!waits) {
    return (
      <span class={look} role={loud ? "alert" : "status"} title={title}>
        {inner}
      </span>
    );
  }
  return (
    <span role="alert" class="sw-si">
      <Press
        class={look}
        title={title}
        menu
        open={view.open.value === "waiting"}
        onPress={() => {
          view.toggleOpen("waiting");
        }}
      >
        {inner}
        {iconOf("chevd", 12, "sw-up")}
      </Press>
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
      {toast.include && (
        <Press onPress={() => run(view, "include")}>
          Include them
          <span class="sw-hide-n">{keysOf(view.keys.chord("include"))}</span>
        </Press>
      )}
      {toast.undo && (
        <Press
          onPress={() => {
            view.toasts.close();
            run(view, "undo");
          }}
        >
          Undo
          <span class="sw-hide-n">{keysOf(view.keys.chord("undo"))}</span>
        </Press>
      )}
    </span>
  );
}

const SPEAK_EVERY = 5000;
let spoke = 0;

/** Toasts for a screen reader: errors at once, the rest at most every five seconds. */
function Announcer({ view }: { view: View }): JSX.Element {
  const toast = view.toasts.now.value;
  const [spoken, speak] = useState("");
  useEffect(() => {
    if (!toast || toast.alert) return;
    const wait = Math.max(0, spoke + SPEAK_EVERY - Date.now());
    return later(() => {
      spoke = Date.now();
      speak(toast.text);
    }, wait);
  }, [toast]);
  return (
    <>
      <span class="sw-vh" role="status">
        {spoken}
      </span>
      <span class="sw-vh" role="alert">
        {toast?.alert ? toast.text : ""}
      </span>
    </>
  );
}
