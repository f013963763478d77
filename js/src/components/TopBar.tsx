import type { JSX } from "preact";
import { refusal, run } from "../actions";
import { iconOf } from "../icons";
import { named, shown } from "../shown";
import type { View } from "../view";
import { Button, GAP, IconButton, keysOf, Press } from "./bits";

export function TopBar({ view, plain }: { view: View; plain: boolean }): JSX.Element {
  const studio = view.replica.studio.value;
  const open = view.open.value;
  const no = refusal(view);
  const { progress } = view.replica;
  const told = view.running.value.flatMap((job) => progress.value.get(job.id) ?? []).at(-1);
  const { spent, share } = told ?? { spent: studio?.cost, share: studio?.share };
  const step = (name: "undo" | "redo", verb: string) => {
    const what = studio?.[name];
    const off = no ?? (what ? null : `Nothing to ${name}`);
    const label = view.keys.hint(name, `${verb}${what ? `: ${what}` : ""}`);
    const hidden = name === "redo" ? "sw-hide-n" : "";
    return <IconButton icon={name} label={label} off={off} class={hidden} onPress={() => run(view, name)} />;
  };
  const guided = Object.values(studio?.guidance ?? {}).some(Boolean);
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
        {shown(view.replica.task.value?.name ?? "Studio")}
      </Button>
      <span class="sw-sep sw-hide-n" />
      <Button
        icon="model"
        menu
        class="sw-btn--quiet sw-shrink sw-word-n"
        label={`Model: ${named(studio?.model ?? "")}`}
        title={studio ? `Model: ${named(studio.model)}` : "Model"}
        open={open === "model"}
        onPress={popover("model")}
      >
        {shown(studio?.model ?? "Model")}
      </Button>
      <Button
        icon="guidance"
        menu
        class={`sw-btn--quiet sw-word-m sw-word-n ${guided ? "sw-btn--set" : ""}`}
        label={guided ? "Guidance, set" : "Guidance"}
        title="What every generation is told"
        open={open === "guidance"}
        onPress={popover("guidance")}
      >
        Guidance
      </Button>
      {GAP}
      {(spent || studio?.call_cost !== 0) && (
        <Press
          class="sw-btn sw-btn--quiet sw-muted sw-hide-n"
          menu
          open={open === "budget"}
          title="Set a budget"
          onPress={() => run(view, "set_budget")}
        >
          {spent || "Budget"}
          {share != null && (
            <span class="sw-prog sw-hide-m">
              <i style={{ width: `${100 * share}%` }} />
            </span>
          )}
        </Press>
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
        icon="prompt"
        label={view.keys.hint("palette", "Commands")}
        menu
        open={open === "palette"}
        onPress={() => run(view, "palette")}
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
      <Press
        class={`sw-btn ${plain || open === "generate" || open === "export" ? "" : "sw-btn--primary"}`}
        menu
        open={open === "generate"}
        off={no}
        title="Generate below the chosen topic"
        onPress={() => run(view, "generate")}
      >
        {iconOf("play")}
        <span>Generate</span>
        <span class="sw-hide-m">{keysOf(view.keys.chord("generate"))}</span>
      </Press>
    </div>
  );
}
