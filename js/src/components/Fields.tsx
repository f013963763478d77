import type { ComponentChildren, JSX } from "preact";
import { memo } from "./memo";

const MAX_DEPTH = 6;
const MAX_LINES = 400;

interface Line {
  name: string;
  depth: number;
  value: ComponentChildren;
}

/** A JSON value for reading: text as text, an object as its fields, nested ones indented. */
export const Value = memo(function Value({ value }: { value: unknown }): JSX.Element {
  if (typeof value === "string") return <Text text={value} />;
  if (typeof value !== "object" || value === null) return <p class="sw-text">{String(value)}</p>;
  const lines: Line[] = [];
  collect(value, 0, lines);
  const cut = lines.length > MAX_LINES;
  return (
    <>
      <dl class="sw-fields">
        {lines.slice(0, MAX_LINES).map(({ name, depth, value }) => (
          <>
            <dt class={depth > 0 ? "sw-nest" : ""} style={{ "--d": depth }} title={name} dir="auto">
              {name}
            </dt>
            <dd dir="auto">{value}</dd>
          </>
        ))}
      </dl>
      {cut && <p class="sw-small sw-faint">The rest is not shown. “Copy as JSON” has all of it.</p>}
    </>
  );
});

/** Text as it is, but a JSON document in mono and indented. */
function Text({ text }: { text: string }): JSX.Element {
  const json = asJson(text);
  if (json !== null) return <pre class="sw-raw">{json}</pre>;
  return text === "" ? (
    <p class="sw-faint">empty text</p>
  ) : (
    <p class="sw-text" dir="auto">
      {text}
    </p>
  );
}

export function asJson(text: string): string | null {
  if (!/^\s*[[{]/.test(text) || text.length > 200_000) return null;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null; // text that only begins like JSON is shown as text
  }
}

function collect(value: object, depth: number, lines: Line[]): void {
  for (const [name, each] of Object.entries(value)) {
    if (lines.length > MAX_LINES) return;
    const label = Array.isArray(value) ? String(Number(name) + 1) : name;
    if (typeof each !== "object" || each === null) {
      lines.push({ name: label, depth, value: scalar(each) });
      continue;
    }
    const flat = Array.isArray(each) && each.every((item) => typeof item !== "object" || item === null);
    if (flat) {
      const joined = each.map((item) => String(item)).join(", ");
      lines.push({ name: label, depth, value: each.length > 0 ? joined : <Faint>empty list</Faint> });
    } else if (depth + 1 >= MAX_DEPTH) {
      lines.push({ name: label, depth, value: <span class="sw-mono">{JSON.stringify(each)}</span> });
    } else {
      const number = Object.keys(each).length;
      const noun = Array.isArray(each) ? "item" : "field";
      lines.push({
        name: label,
        depth,
        value: <Faint>{`${number} ${noun}${number === 1 ? "" : "s"}`}</Faint>,
      });
      collect(each, depth + 1, lines);
    }
  }
}

function scalar(value: unknown): ComponentChildren {
  if (value === null) return <Faint>null</Faint>;
  if (value === "") return <Faint>empty text</Faint>;
  return <span class="sw-value">{String(value)}</span>;
}

function Faint({ children }: { children: string }): JSX.Element {
  return <span class="sw-faint sw-small">{children}</span>;
}
