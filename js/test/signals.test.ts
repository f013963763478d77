import assert from "node:assert/strict";
import { test } from "node:test";
import { Component, type ComponentClass, options, type VNode } from "preact";
import { signal } from "../src/signals";

type Hook = (...args: unknown[]) => void;
const hooks = options as unknown as Record<"__r" | "__h" | "unmount", Hook>;

/** A component as Preact makes it of a function: what it draws, and how often it was asked to draw again. */
function made(draw: () => unknown) {
  const it = new (Component as ComponentClass)({}) as Component & { asked: number };
  it.asked = 0;
  it.render = draw as Component["render"];
  it.setState = () => {
    it.asked += 1;
  };
  const node = { type: draw, __c: it } as unknown as VNode;
  const render = () => {
    hooks.__r(node);
    return it.render({}, {}, {});
  };
  const should = (props: object) => it.shouldComponentUpdate?.(props, {}, {});
  return { it, node, render, should };
}

test("a component is drawn again when a signal that it read has changed", () => {
  const [read, other] = [signal(1), signal(1)];
  const { it, render } = made(() => read.value);
  assert.equal(render(), 1);
  other.value = 2;
  assert.equal(it.asked, 0);
  read.value = 2;
  assert.equal(it.asked, 1);
  assert.equal(render(), 2);
  read.value = 3;
  assert.equal(it.asked, 2);
});

test("what is read depends on the last drawing, and on nothing once it is gone", () => {
  const [which, a, b] = [signal(true), signal(1), signal(1)];
  const { it, node, render } = made(() => (which.value ? a.value : b.value));
  render();
  which.value = false;
  render();
  const { asked } = it;
  a.value = 2;
  assert.equal(it.asked, asked);
  hooks.unmount(node);
  b.value = 2;
  assert.equal(it.asked, asked);
});

test("what failed to draw listens no more than it had read, and the next one reads for itself", () => {
  const [first, second] = [signal(1), signal(1)];
  const broken = made(() => {
    throw new Error(`${first.value}`);
  });
  assert.throws(broken.render, /1/);
  const whole = made(() => second.value);
  whole.render();
  first.value = 2;
  assert.equal(whole.it.asked, 0);
});

test("what read no signal that changed is drawn again for other props only; what has state always is", () => {
  const read = signal(1);
  const reads = made(() => read.value);
  reads.render();
  assert.equal(reads.should({}), false);
  assert.equal(reads.should({ more: 1 }), true);
  read.value = 2;
  assert.equal(reads.should({}), true);
  const plain = made(() => 1);
  plain.render();
  assert.equal(plain.should({}), false);
  assert.equal(plain.should({ more: 1 }), true);
  reads.render();
  hooks.__h(reads.it, 0, 1);
  assert.equal(reads.should({}), true);
});
