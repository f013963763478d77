import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { refusal, send } from "../actions";
import type { SetTopic } from "../commands.gen";
import { iconOf } from "../icons";
import type { Guidance } from "../plan";
import type { StudioView, TaskView } from "../protocol.gen";
import { shown } from "../shown";
import { ALL, type Node } from "../topics";
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
          {shown(task.name)}
        </h2>
        <TaskParts task={task} />
      </div>
    </Popover>
  );
}

/** What is asked for in one field: its name, label, placeholder and present text; in one line, what is said below it. */
type Line = readonly [name: string, label: string, hint: string, text: string, below?: string];

interface AskProps {
  view: View;
  label: string;
  class?: string;
  title?: string;
  about?: ComponentChildren;
  fields: readonly Line[];
  /** The command that takes the texts that were changed, by their names, or what is made of them. */
  give: "set_model" | "set_guidance" | "set_budget" | "set_topic";
  made?: (texts: Readonly<Record<string, string>>) => SetTopic;
  children?: ComponentChildren;
}

/** Asks for a few texts. */
function Ask({ view, fields, give, made, children, ...sheet }: AskProps): JSX.Element {
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [wrong, setWrong] = useState("");
  const no = refusal(view) ?? (Object.keys(texts).length === 0 ? "Nothing is changed" : null);
  const refused = (message: string) => {
    setWrong(message);
    view.toasts.warn(message);
  };
  const save = async () => {
    if (no) view.toasts.say(no);
    else if (await send(view, give, (made?.(texts) ?? texts) as never, refused)) {
      view.goBack();
      view.toasts.say(`${sheet.label} saved`, { undo: made !== undefined });
    }
  };
  return (
    <Sheet class="sw-drop" {...sheet} view={view} onEnter={() => void save()}>
      {children}
      {fields.map(([name, label, placeholder, text, below], index) => {
        const own = {
          label,
          placeholder,
          value: texts[name] ?? text,
          onText: (typed: string) => {
            setTexts({ ...texts, [name]: typed });
            setWrong("");
          },
        };
        return below === undefined ? (
          <Words {...own} first={index === 0} />
        ) : (
          <Name {...own} maxLength={300} wrong={wrong}>
            <span class="sw-small sw-faint">{below}</span>
          </Name>
        );
      })}
      <Foot view={view} word="Save" off={no} onPress={() => void save()} />
    </Sheet>
  );
}

export function ModelPopover({ view, studio }: { view: View; studio: StudioView }): JSX.Element {
  const { model_note, model_reason, model_mode } = studio;
  return (
    <Ask
      view={view}
      label="Model"
      give="set_model"
      about={
        <>
          <p class="sw-model-name">{shown(studio.model)}</p>
          {model_reason && <p class="sw-muted sw-small">Taken because: {shown(model_reason)}.</p>}
          {model_mode && <p class="sw-muted sw-small">Gives JSON by {model_mode}.</p>}
        </>
      }
      fields={[
        [
          "name",
          "Another model",
          "provider/model",
          "",
          "As in openai/gpt-6-luna, or local. Keys and addresses come from your kernel, never from here.",
        ],
      ]}
    >
      {model_note && (
        <div class="sw-note">
          {iconOf("info")}
          <div>{model_note}</div>
        </div>
      )}
    </Ask>
  );
}

export function GuidancePopover({ view, studio }: { view: View; studio: StudioView }): JSX.Element {
  const { all, topics, inputs, outputs } = studio.guidance;
  return (
    <Ask
      view={view}
      label="Guidance"
      give="set_guidance"
      about={
        <p class="sw-muted sw-small">Told to the model at every generation, in this and later sessions.</p>
      }
      fields={[
        ["all", "Every step", "Anything the model should always know", all],
        ["topics", "Topics", "Which areas to cover, which to leave out", topics],
        ["inputs", "Inputs", "Who writes, in which tone, how long", inputs],
        ["outputs", "Outputs", "What a good answer looks like", outputs],
      ]}
    />
  );
}

export function BudgetPopover({ view, studio }: { view: View; studio: StudioView }): JSX.Element {
  const text = `${studio.budget ?? ""}`;
  return (
    <Ask
      view={view}
      label="Budget"
      class="sw-plan"
      give="set_budget"
      fields={[["budget", "US dollars", "none", text, "Jobs stop before the call that would pass it."]]}
    />
  );
}

/** Lines for a topic's guidance, named by what each is for: topics and inputs have one while both are told the same. */
export function guidanceLines({ all = "", topics = "", inputs = "", outputs = "" }: Guidance): Line[] {
  const line = (keys: string, what: string, text: string): Line => [
    keys,
    `Guidance for ${what}, here and below`,
    "",
    text,
  ];
  return [
    ...(all ? [line("all", "every step", all)] : []),
    ...(topics === inputs
      ? [line("topics inputs", "topics and inputs", topics)]
      : [line("topics", "topics", topics), line("inputs", "inputs", inputs)]),
    line("outputs", "outputs", outputs),
  ];
}

/** What `set_topic` takes: a topic's guidance is given whole. */
function topicMade(node: Node, { target, ...texts }: Readonly<Record<string, string>>): SetTopic {
  const guidance: Record<string, string> = { ...node.guidance };
  for (const [keys, text] of Object.entries(texts)) for (const key of keys.split(" ")) guidance[key] = text;
  return {
    path: [...node.path],
    ...(target === undefined ? {} : { target }),
    ...(Object.keys(texts).length > 0 ? { guidance } : {}),
  };
}

/** What steers the chosen topic and all below it, and how many samples it should have. */
export function TopicPopover({ view }: { view: View }): JSX.Element | null {
  const [node] = useState(view.node());
  if (!node) return null;
  return (
    <Ask
      view={view}
      label="Topic"
      title={node.name || ALL}
      give="set_topic"
      made={(texts) => topicMade(node, texts)}
      fields={[
        ...guidanceLines(node.guidance),
        ["target", "Samples wanted", "none", `${node.target ?? ""}`, ""],
      ]}
    />
  );
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
