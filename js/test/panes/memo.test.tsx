import assert from "node:assert/strict";
import { test } from "node:test";
import { signal } from "@preact/signals";
import { memo } from "../../src/components/memo";
import { Stage, textOf } from "./stage";

test("what is held by memo is drawn again for other props and for signals that it reads, and for nothing else", () => {
  const [around, word, said] = [signal(0), signal("a"), signal("x")];
  let drawn = 0;
  const Held = memo(function Held({ text }: { text: string }) {
    drawn += 1;
    return <p>{text + said.value}</p>;
  });
  const stage = new Stage(() => (
    <>
      {around.value}
      <Held text={word.value} />
    </>
  ));
  assert.deepEqual([textOf(stage.root), drawn], ["0ax", 1]);
  stage.change(() => {
    around.value = 1;
  });
  assert.deepEqual([textOf(stage.root), drawn], ["1ax", 1]);
  stage.change(() => {
    word.value = "b";
  });
  assert.deepEqual([textOf(stage.root), drawn], ["1bx", 2]);
  stage.change(() => {
    said.value = "y";
  });
  assert.deepEqual([textOf(stage.root), drawn], ["1by", 3]);
});
