import type { JSX } from "preact";
import type { FieldView, TaskView } from "../protocol.gen";
import type { View } from "../view";
import { some } from "../words";
import { Section } from "./bits";

/** What a sample of the task is made of, before there is one. */
export function TaskShape({ view, title }: { view: View; title: string }): JSX.Element {
  const { studio, task } = view.replica;
  const note = studio.value?.model_note;
  return (
    <aside class="sw-pane sw-pane--detail" aria-label={title}>
      <div class="sw-head">
        <span class="sw-strong">{title}</span>
      </div>
      <div class="sw-detail sw-scroll" tabIndex={0} role="region" aria-label={title}>
        {task.value && (
          <>
            <p class="sw-muted sw-small">
              From your task, not from a model. Every sample has these fields, checked as it arrives.
            </p>
            <TaskParts task={task.value} />
            <Section label="Model">
              <p class="sw-small sw-muted">{studio.value?.model}</p>
              {note && <p class="sw-small sw-muted">{note}</p>}
            </Section>
          </>
        )}
      </div>
    </aside>
  );
}

export function TaskParts({ task }: { task: TaskView }): JSX.Element {
  return (
    <>
      <Section label="Instruction">
        <p class="sw-text sw-muted" dir="auto">
          {task.instruction}
        </p>
      </Section>
      <Shape label="Input" fields={task.input} />
      <Shape label="Output" fields={task.output} />
      {task.requirements.length > 0 && (
        <Section label="Requirements">
          <ul class="sw-small sw-muted sw-reqs">
            {task.requirements.map((requirement) => (
              <li>
                <span class="sw-tag">{requirement.priority}</span>
                <span dir="auto">{requirement.text}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function Shape({ label, fields }: { label: string; fields: readonly FieldView[] }): JSX.Element {
  const note = fields.length === 0 ? "text" : some(fields.length, "field");
  return (
    <Section label={label} aside={<span class="sw-faint sw-small">{note}</span>}>
      {fields.length > 0 && (
        <dl class="sw-fields">
          {fields.map((field) => (
            <>
              <dt title={field.name} dir="auto">
                {field.name}
              </dt>
              <dd class="sw-muted" dir="auto">
                {field.required ? field.says : `optional, ${field.says}`}
              </dd>
            </>
          ))}
        </dl>
      )}
    </Section>
  );
}
