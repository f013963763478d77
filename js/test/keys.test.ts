import assert from "node:assert/strict";
import { test } from "node:test";
import { capsOf, chordOf, commandFor, isOwnChord, type KeyPress } from "../src/keys";

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

test("keys hold in their pane", () => {
  assert.equal(commandFor("a", "grid")?.name, "keep");
  assert.equal(commandFor("a", "tree"), null);
  assert.equal(commandFor("+", "tree")?.name, "add_topics");
  assert.equal(commandFor("g", "tree")?.name, "generate");
});

test("the notebook's own chords stay the notebook's", () => {
  assert.ok(isOwnChord("Mod+z"));
  assert.ok(isOwnChord("Mod+a"));
  assert.ok(!isOwnChord("Mod+s"));
  assert.ok(!isOwnChord("Mod+Shift+p"));
});

test("chords are shown as key caps", () => {
  assert.deepEqual(capsOf("Mod+Shift+z", false), ["Ctrl", "Shift", "Z"]);
  assert.deepEqual(capsOf("Mod+a", true), ["⌘", "A"]);
  assert.deepEqual(capsOf("+", false), ["+"]);
  assert.deepEqual(capsOf(" ", false), ["Space"]);
});
