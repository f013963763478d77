import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { App } from "../../src/components/App";
import { Boundary } from "../../src/components/Boundary";
import { describe } from "../../src/failure";
import type { SampleRow } from "../../src/protocol.gen";
import type { View } from "../../src/view";
import { put, sample, topic } from "../fixtures";
import { Stage, textOf } from "./stage";

const TOPICS = [topic("root", null), topic("Bread", "root")];

/** A part that cannot be drawn while the signal says why. */
const broken = signal<string | null>(null);
function Fragile(): JSX.Element {
  if (broken.value !== null) throw new TypeError(broken.value);
  return <p>whole</p>;
}
const around = (view: View, of?: unknown) => (
  <Boundary view={view} name="The tree of topics" of={of}>
    <Fragile />
  </Boundary>
);

function quiet(): () => void {
  const spied = mock.method(console, "error", () => undefined);
  return () => spied.mock.restore();
}

test("a part that cannot be drawn says so in its place, and Draw again draws it", (context) => {
  context.after(quiet());
  broken.value = null;
  const stage = new Stage((view) => (
    <>
      {around(view)}
      <button type="button">beside</button>
    </>
  ));
  stage.change(() => {
    broken.value = "nodes is undefined";
  });
  const alert = stage.get("alert", "The tree of topics cannot be shown");
  assert.match(textOf(alert), /TypeError: nodes is undefined/);
  assert.ok(stage.get("button", "beside"));
  stage.press("button", "Draw again");
  assert.ok(stage.get("alert"), "it is broken still");
  broken.value = null;
  stage.press("button", "Draw again");
  assert.equal(stage.all("alert").length, 0);
  assert.match(textOf(stage.root), /whole/);
});

test("where it is to show another thing, it tries by itself", (context) => {
  context.after(quiet());
  broken.value = "no such version";
  const shown = signal("a");
  const stage = new Stage((view) => around(view, shown.value));
  assert.ok(stage.get("alert"));
  broken.value = null;
  assert.ok(stage.get("alert"));
  stage.change(() => {
    shown.value = "b";
  });
  assert.equal(stage.all("alert").length, 0);
});

test("the details are copied for a report: part, error, version and where, nothing of the data", async (context) => {
  context.after(quiet());
  broken.value = 'Unexpected token, "my secret text" is not valid JSON';
  const stage = new Stage((view) => around(view));
  let copied = "";
  Object.defineProperty(navigator, "clipboard", {
    configurable: true,
    value: {
      writeText: async (text: string) => {
        copied = text;
      },
    },
  });
  stage.press("button", "Copy details");
  await stage.wait(0);
  assert.equal(stage.view.toasts.now.value?.text, "Copied the details");
  const [version, part, error, ...frames] = copied.split("\n");
  assert.match(version ?? "", /^synth_widgets \d+\.\d+\.\d+/);
  assert.equal(part, "Part: The tree of topics");
  assert.equal(error, "TypeError: Unexpected token, … is not valid JSON");
  assert.ok(frames.length > 0, copied);
  assert.ok(!copied.includes("secret") && !copied.includes("/"), copied);
});

test("frames of any engine keep their place in the file and lose where the file is", () => {
  const error = new Error("x");
  error.stack = "Error: x\n    at Tree (blob:http://host:8888/0a1b-2c:3:1042)\n    at <anonymous>";
  assert.match(describe(error, "p").details, /\nat Tree \(widget\.js:3:1042\)$/);
  error.stack = "Tree@blob:http://host:8888/0a1b-2c:3:1042\n@blob:http://host:8888/0a1b-2c:1:7\n";
  assert.match(describe(error, "p").details, /\nTree@widget\.js:3:1042\n@widget\.js:1:7$/);
  assert.equal(describe("just words", "p").message, "Error: just words");
});

test("a row that is not what it should be breaks the list alone; the other parts and what was typed stay", (context) => {
  context.after(quiet());
  const rows = [sample("a", 1, "Bread"), sample("b", 2, "Bread")];
  const stage = new Stage((view) => <App view={view} />, { topics: TOPICS, samples: rows });
  stage.change((view) => view.toggleOpen("guidance"));
  stage.type("Inputs", "half a thought");
  stage.commit(put({ ...(rows[0] as SampleRow), input: {} as SampleRow["input"] }));
  const alert = stage.get("alert", "The list of samples cannot be shown");
  assert.ok(stage.get("treeitem", /^Bread/));
  assert.ok(stage.get("toolbar", "Studio"));
  assert.equal((stage.get("textbox", "Inputs") as HTMLTextAreaElement).value, "half a thought");
  stage.commit(put({ ...(rows[0] as SampleRow), status: "kept" }));
  stage.press("button", "Draw again", alert);
  assert.equal(stage.all("alert", /list of samples/).length, 0);
  assert.ok(stage.get("grid", "Samples"));
  assert.match(textOf(stage.get("grid")), /Kept/);
});

test("a dialog that cannot be drawn can be closed", (context) => {
  context.after(quiet());
  const stage = new Stage((view) => <App view={view} />, {
    topics: TOPICS,
    samples: [sample("a", 1, "Bread")],
  });
  stage.change((view) => {
    view.replica.studio.value = { ...view.replica.studio.value, guidance: null } as never;
    view.toggleOpen("guidance");
  });
  stage.press("button", "Close", stage.get("alert", "This dialog cannot be shown"));
  assert.equal(stage.view.open.value, null);
  assert.equal(stage.all("alert", /dialog/).length, 0);
});

test("what a part keeps for itself is kept while another one fails", (context) => {
  context.after(quiet());
  broken.value = null;
  function Field(): JSX.Element {
    const [text, setText] = useState("");
    return <input aria-label="note" value={text} onInput={(event) => setText(event.currentTarget.value)} />;
  }
  const stage = new Stage((view) => (
    <>
      {around(view)}
      <Field />
    </>
  ));
  stage.type("note", "typed");
  stage.change(() => {
    broken.value = "gone";
  });
  assert.equal((stage.get("textbox", "note") as HTMLInputElement).value, "typed");
});
