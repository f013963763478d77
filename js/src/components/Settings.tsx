import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { refusal, send } from "../actions";
import { iconOf } from "../icons";
import type { GuidanceView, StudioView, TaskView } from "../protocol.gen";
import type { View } from "../view";
import { Button } from "./bits";
import { Name, Words } from "./Labelled";
import { Popover, Sheet, SheetFoot } from "./Popover";
import { TaskParts } from "./TaskShape";

export function TaskPopover({ view, task }: { view: View; task: TaskView }): JSX.Element {
  return (
    <Popover view={view} label="Task" class="sw-drop sw-drop--task">
      <div class="sw-detail sw-scroll">
        <h2 class="sw-plan-title" dir="auto">
          {task.name}
        </h2>
        <TaskParts task={task} />
      </div>
    </Popover>
  );
}

export function ModelPopover({ view, studio }: { view: View; studio: StudioView }): JSX.Element {
  const [name, setName] = useState("");
  const [wrong, setWrong] = useState("");
  const no = refusal(view) ?? (name.trim() ? null : "Type a model's name first");
  const set = async () => {
    if (no) {
      view.toasts.say(no);
      return;
    }
    const answer = await send(view, "set_model", { name: name.trim() }, setWrong);
    if (answer) back(view, `Model: ${name.trim()}`);
  };
  return (
    <Sheet
      view={view}
      label="Model"
      class="sw-drop sw-drop--model"
      onEnter={() => void set()}
      about={
        <>
          <p class="sw-model-name">{studio.model}</p>
          {studio.model_reason && <p class="sw-muted sw-small">Taken because: {studio.model_reason}.</p>}
          {studio.model_way && <p class="sw-muted sw-small">Gives JSON by {studio.model_way}.</p>}
        </>
      }
    >
      {studio.model_note && (
        <div class="sw-note">
          {iconOf("info")}
          <div>{studio.model_note}</div>
        </div>
      )}
      <Name
        label="Another model"
        placeholder="provider/model"
        maxLength={300}
        value={name}
        wrong={wrong}
        onText={(text) => {
          setName(text);
          setWrong("");
        }}
      >
        <span class="sw-small sw-faint">
          As in openai/gpt-5-mini, or local. Keys and addresses come from your kernel, never from here.
        </span>
      </Name>
      <Foot view={view} word="Use it" off={no} onPress={() => void set()} />
    </Sheet>
  );
}

const STEPS: readonly { key: keyof GuidanceView; label: string; hint: string }[] = [
  { key: "all", label: "Every step", hint: "Anything the model should always know" },
  { key: "topics", label: "Topics", hint: "Which areas to cover, which to leave out" },
  { key: "inputs", label: "Inputs", hint: "Who writes, in which tone, how long" },
  { key: "outputs", label: "Outputs", hint: "What a good answer looks like" },
];

export function GuidancePopover({ view, studio }: { view: View; studio: StudioView }): JSX.Element {
  const [texts, setTexts] = useState(studio.guidance);
  const changed = STEPS.filter(({ key }) => texts[key] !== studio.guidance[key]);
  const no = refusal(view) ?? (changed.length === 0 ? "Nothing is changed" : null);
  const save = async () => {
    if (no) {
      view.toasts.say(no);
      return;
    }
    const parts = Object.fromEntries(changed.map(({ key }) => [key, texts[key]]));
    if (await send(view, "set_guidance", parts)) back(view, "Guidance saved");
  };
  return (
    <Sheet
      view={view}
      label="Guidance"
      class="sw-drop sw-drop--guidance"
      onEnter={() => void save()}
      about={
        <p class="sw-muted sw-small">Told to the model at every generation, in this and later sessions.</p>
      }
    >
      {STEPS.map(({ key, label, hint }, index) => (
        <Words
          label={label}
          first={index === 0}
          placeholder={hint}
          value={texts[key]}
          onText={(text) => setTexts({ ...texts, [key]: text })}
        />
      ))}
      <Foot view={view} word="Save" off={no} onPress={() => void save()} />
    </Sheet>
  );
}

function back(view: View, said: string): void {
  view.toGrid();
  view.toasts.say(said);
}

export function Foot(props: {
  view: View;
  word: string;
  off: string | null;
  onPress: () => void;
}): JSX.Element {
  return (
    <SheetFoot view={props.view}>
      <Button class="sw-btn--primary" off={props.off} onPress={props.onPress}>
        {props.word}
      </Button>
    </SheetFoot>
  );
}
