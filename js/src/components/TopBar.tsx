import type { JSX } from "preact";
import { refusal, run } from "../actions";
import { iconOf } from "../icons";
import type { View } from "../view";
import { Button, GAP, IconButton, keysOf } from "./bits";

export function TopBar({ view, plain }: { view: View; plain: boolean }): JSX.Element {
  const studio = view.replica.studio.value;
  const open = view.open.value;
  const no = refusal(view);
  const spent = [...view.replica.progress.value.values()].at(-1)?.spent ?? studio?.cost;
  const step = (name: "undo" | "redo", verb: string) => {
    const what = studio?.[name];
    const off = no ?? (what ? null : `Nothing to ${name}`);
    const label = view.keys.hint(name, `${verb}${what ? `: ${what}` : ""}`);
    const hidden = name === "redo" ? "sw-hide-n" : "";
    return <IconButton icon={name} label={label} off={off} class={hidden} onPress={() => run(view, name)} />;
  };
  const popover = (name: "task" | "model" | "guidance") => () => view.toggleOpen(name);
  return (
    <div class="sw-top" role="toolbar" aria-label="Studio">
      <Button
        icon="task"
        menu
        class="sw-btn--quiet sw-task-btn sw-strong"
        open={open === "task"}
        onPress={popover("task")}
      >
        {view.replica.task.value?.name ?? "Studio"}
      </Button>
      <span class="sw-sep sw-hide-n" />
      <Button
        icon="model"
        menu
        class="sw-btn--quiet sw-shrink sw-word-n"
        label={`Model: ${studio?.model ?? ""}`}
        title={studio ? `Model: ${studio.model}` : "Model"}
        open={open === "model"}
        onPress={popover("model")}
      >
        {studio?.model ?? "Model"}
      </Button>
      <Button
        icon="guidance"
        menu
        class={`sw-btn--quiet sw-word-n ${hasGuidance(view) ? "sw-btn--set" : ""}`}
        label={hasGuidance(view) ? "Guidance, set" : "Guidance"}
        title="What every generation is told"
        open={open === "guidance"}
        onPress={popover("guidance")}
      >
        Guidance
      </Button>
      {GAP}
      {spent && (
        <span class="sw-muted sw-hide-n" title="Spent so far">
          {spent}
        </span>
      )}
      {step("undo", "Undo")}
      {step("redo", "Redo")}
      <IconButton
        icon="hourglass"
        label="Jobs"
        class="sw-hide-n"
        menu
        open={open === "jobs"}
        onPress={() => run(view, "jobs")}
      />
      <IconButton
        icon="help"
        label={view.keys.hint("help", "Keys")}
        class="sw-hide-n"
        onPress={() => run(view, "help")}
      />
      <span class="sw-sep sw-hide-n" />
      <Button
        icon="export"
        menu
        class="sw-word-m"
        label="Export"
        off={no}
        open={open === "export"}
        onPress={() => run(view, "export")}
      >
        Export
      </Button>
      <button
        type="button"
        class={`sw-btn ${plain || open === "generate" || open === "export" ? "" : "sw-btn--primary"}`}
        aria-haspopup="dialog"
        aria-expanded={open === "generate"}
        aria-disabled={no ? "true" : undefined}
        title={no ?? "Generate below the chosen topic"}
        onClick={() => run(view, "generate")}
      >
        {iconOf("play")}
        <span>Generate</span>
        <span class="sw-hide-m">{keysOf(view.keys.chord("generate"))}</span>
      </button>
    </div>
  );
}

function hasGuidance(view: View): boolean {
  const guidance = view.replica.studio.value?.guidance;
  return guidance !== undefined && Object.values(guidance).some((text) => text !== "");
}
