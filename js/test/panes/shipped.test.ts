// The file that is shipped, run as a host runs it: what a minifier that renames members would break shows here.
import "./dom";
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { COMMANDS } from "../../src/commands.gen";
import { put, sample, snapshot, TestModel, topic } from "../fixtures";
import { settled, textOf } from "./stage";

const SHIPPED = pathToFileURL(resolve("../synth_widgets/static/widget.js")).href;

test("the shipped widget opens, finds, counts and closes as its sources do", async (context) => {
  const { default: define } = await import(SHIPPED);
  const model = new TestModel();
  model.traits._commands = COMMANDS.map(({ name, label, group, icon, keys, pane, many, changes }) => {
    return [name, label, group, icon, keys, pane, many, changes];
  });
  const el = document.body.appendChild(document.createElement("div"));
  const ending = new AbortController();
  context.after(() => ending.abort()); // a view that is left would keep node waiting
  const widget = define();
  widget.initialize({ model, signal: ending.signal });
  widget.render({ model, el, signal: ending.signal });
  const cell = (text: string) => ({ tags: [], text, raw: false, more: false });
  const rows = [
    { ...sample("a", 1, "Bread"), input: cell("a null value"), output: cell("undefined") },
    { ...sample("b", 2, "Bread"), input: cell("another") },
  ];
  model.answer(snapshot(1, rows, [topic("root", null), topic("Bread", "root")]));
  await settled(100);
  const root = el.querySelector(".sw-root") as HTMLElement;
  assert.match(textOf(root), /a null value.*undefined.*another/);

  const find = root.querySelector("input") as HTMLInputElement;
  find.value = "null";
  find.dispatchEvent(new Event("input", { bubbles: true }));
  await settled(300);
  assert.deepEqual([...root.querySelectorAll("mark")].map(textOf), ["null"]);
  assert.match(textOf(root), /1 ?of 2/);

  const key = (name: string) =>
    root
      .querySelector("[role=grid]")
      ?.dispatchEvent(
        new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, composed: true }),
      );
  key("?");
  await settled(100);
  const dialog = root.querySelector("dialog");
  assert.equal(dialog?.open, true);
  key("Escape");
  assert.equal(dialog?.open, false, "at once, so that what is behind can take the focus");
  await settled(100);
  assert.equal(root.querySelector("dialog"), null);

  model.answer({
    t: "delta",
    epoch: "e",
    base: 1,
    rev: 2,
    ops: [put({ ...rows[0], status: "kept" } as never)],
  });
  await settled(100);
  assert.match(textOf(root), /1 ?kept in/);
  ending.abort();
  await settled(0);
  assert.equal(el.querySelector(".sw-root"), null);
});
