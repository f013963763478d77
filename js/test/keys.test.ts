import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "../src/commands.gen";
import { capsOf, chordOf, type KeyPress, Keys } from "../src/keys";
import type { Model } from "../src/model";

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});
const shift = { shiftKey: true };

test("a chord is spelled as the command table spells it", () => {
  assert.equal(chordOf(press("a")), "a");
  assert.equal(chordOf(press("A")), "a"); // caps lock
  assert.equal(chordOf(press("U", shift)), "Shift+u");
  assert.equal(chordOf(press("?", shift)), "?");
  assert.equal(chordOf(press("+", shift)), "+");
  assert.equal(chordOf(press("ArrowDown", shift)), "Shift+ArrowDown");
  assert.equal(chordOf(press("z", { ctrlKey: true })), "Mod+z");
  assert.equal(chordOf(press("Z", { metaKey: true, ...shift })), "Mod+Shift+z");
});

test("Alt chords and modifiers alone are nobody's", () => {
  assert.equal(chordOf(press("a", { altKey: true })), null);
  assert.equal(chordOf(press("Shift", shift)), null);
});

/** A model that has the kernel's table, in which a person may have changed keys. */
function modelWith(changed: Record<string, string[]> = {}) {
  const table = (keymap: Record<string, string[]>) =>
    COMMANDS.map(({ name, label, group, icon, keys, pane, many, changes }) => [
      name,
      label,
      group,
      icon,
      keymap[name] ?? keys,
      pane,
      many,
      changes,
    ]);
  let commands = table(changed);
  let heard = () => undefined as unknown;
  const model = {
    get: () => commands,
    on: (_: string, callback: () => unknown) => {
      heard = callback;
    },
    off: () => undefined,
  } as unknown as Model;
  const remap = (keymap: Record<string, string[]>) => {
    commands = table(keymap);
    heard();
  };
  return { keys: new Keys(model, new AbortController().signal), remap };
}

test("keys hold in their pane", () => {
  const { keys } = modelWith();
  assert.equal(keys.meant("a", "grid")?.name, "keep");
  assert.equal(keys.meant("a", "tree"), undefined);
  assert.equal(keys.meant("+", "tree")?.name, "add_topics");
  assert.equal(keys.meant("g", "tree")?.name, "generate");
});

test("keys are those that the person chose, at once", () => {
  const { keys, remap } = modelWith({ keep: ["k"], previous: [], skip: [] });
  assert.equal(keys.meant("k", "grid")?.name, "keep");
  assert.equal(keys.meant("a", "grid"), undefined);
  assert.equal(keys.hint("keep", "Keep"), "Keep (K)");
  assert.equal(keys.hint("skip", "Skip"), "Skip");
  remap({ select_all: ["Mod+l"] });
  assert.equal(keys.meant("a", "grid")?.name, "keep");
  assert.ok(keys.isOwn("Mod+l"));
  assert.ok(!keys.isOwn("Mod+a"));
});

test("the notebook's own chords stay the notebook's", () => {
  const { keys } = modelWith();
  assert.ok(keys.isOwn("Mod+z"));
  assert.ok(keys.isOwn("Mod+a"));
  assert.ok(keys.isOwn("Mod+Enter"));
  assert.ok(keys.isOwn("Mod+k"));
  assert.ok(!keys.isOwn("Mod+s"));
  assert.ok(!keys.isOwn("Mod+Shift+p"));
});

test("chords are shown as key caps", () => {
  assert.deepEqual(capsOf("Mod+Shift+z", false), ["Ctrl", "Shift", "Z"]);
  assert.deepEqual(capsOf("Mod+a", true), ["⌘", "A"]);
  assert.deepEqual(capsOf("+", false), ["+"]);
  assert.deepEqual(capsOf(" ", false), ["Space"]);
});
