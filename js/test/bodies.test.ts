import assert from "node:assert/strict";
import { test } from "node:test";
import { Bodies } from "../src/bodies";
import { body, sample } from "./fixtures";

test("the longest unused body makes room", () => {
  const bodies = new Bodies(() => undefined, 4000);
  const large = (id: string) => ({ ...body(id), tags: ["x".repeat(800)] });
  const row = (id: string) => sample(id, 0, "root");
  bodies.put([large("a"), large("b")]);
  assert.ok(bodies.of(row("a")));
  bodies.put([large("c")]);
  assert.ok(bodies.of(row("a")));
  assert.equal(bodies.of(row("b")), null);
});
