import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { refusal, send } from "../actions";
import { Icon } from "../icons";
import type { GuidanceView, StudioView, TaskView } from "../protocol.gen";
import type { View } from "../view";
import { Button } from "./bits";
import { Popover } from "./Popover";
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
  const id = useId();
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
    <Popover view={view} label="Model" class="sw-drop sw-drop--model" onEnter={() => void set()}>
      <div class="sw-plan-in">
        <div>
          <h2 class="sw-plan-title">Model</h2>
          <p class="sw-model-name">{studio.model}</p>
          {studio.model_reason && <p class="sw-muted sw-small">Taken because: {studio.model_reason}.</p>}
        </div>
        {studio.model_note && (
          <div class="sw-note">
            <Icon name="info" />
            <div>{studio.model_note}</div>
          </div>
        )}
        <div class="sw-fgroup" data-sw-first>
          <label class="sw-label" for={id}>
            Another model
          </label>
          <input
            id={id}
            class="sw-input sw-mono"
            placeholder="provider/model"
            autocomplete="off"
            spellcheck={false}
            maxLength={300}
            value={name}
            aria-invalid={wrong !== ""}
            onInput={(event) => {
              setName(event.currentTarget.value);
              setWrong("");
            }}
          />
          {wrong && (
            <span class="sw-error" role="alert">
              <Icon name="failed" />
              <span>{wrong}</span>
            </span>
          )}
          <span class="sw-small sw-faint">
            As in openai/gpt-5-mini, or local. Keys and addresses come from your kernel, never from here.
          </span>
        </div>
        <Foot view={view} word="Use it" off={no} onPress={() => void set()} />
      </div>
    </Popover>
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
    <Popover view={view} label="Guidance" class="sw-drop sw-drop--guidance" onEnter={() => void save()}>
      <div class="sw-plan-in">
        <div>
          <h2 class="sw-plan-title">Guidance</h2>
          <p class="sw-muted sw-small">Told to the model at every generation, in this and later sessions.</p>
        </div>
        {STEPS.map(({ key, label, hint }, index) => (
          <label class="sw-fgroup" data-sw-first={index === 0 || undefined}>
            <span class="sw-label">{label}</span>
            <textarea
              class="sw-input"
              rows={2}
              dir="auto"
              maxLength={20_000}
              placeholder={hint}
              value={texts[key]}
              onInput={(event) => setTexts({ ...texts, [key]: event.currentTarget.value })}
            />
          </label>
        ))}
        <Foot view={view} word="Save" off={no} onPress={() => void save()} />
      </div>
    </Popover>
  );
}

function back(view: View, said: string): void {
  view.close();
  view.focusOn("grid");
  view.toasts.say(said);
}

export function Foot(props: {
  view: View;
  word: string;
  off: string | null;
  onPress: () => void;
}): JSX.Element {
  return (
    <div class="sw-plan-foot">
      <Button
        class="sw-btn--quiet"
        chord="Escape"
        onPress={() => {
          props.view.close();
          props.view.focusOn("grid");
        }}
      >
        Cancel
      </Button>
      <Button class="sw-btn--primary" off={props.off} onPress={props.onPress}>
        {props.word}
      </Button>
    </div>
  );
}
