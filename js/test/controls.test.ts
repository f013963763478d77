import assert from "node:assert/strict";
import { test } from "node:test";
import { asTyped, blank, controlFor, fitting, put, same, typedJson, typedNumber } from "../src/controls";

const SCHEMA = {
  $defs: {
    Part: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
    Loop: { type: "object", properties: { next: { $ref: "#/$defs/Loop" } }, required: ["next"] },
    "a/b": { enum: ["x"] },
  },
};
const kind = (schema: unknown) => controlFor(schema, SCHEMA).kind;

test("each type has its control, and what has none is edited as JSON", () => {
  assert.equal(kind({ type: "string" }), "text");
  assert.equal(kind({ type: "string", format: "date" }), "date");
  assert.equal(kind({ enum: ["low", 2, null] }), "enum");
  assert.equal(kind({ const: "a" }), "enum");
  assert.equal(kind({ type: "boolean" }), "boolean");
  assert.equal(kind({ type: "integer" }), "number");
  assert.equal(kind({ type: "array", items: { type: "string" } }), "list");
  assert.equal(kind({ $ref: "#/$defs/Part" }), "object");
  assert.equal(kind({ allOf: [{ $ref: "#/$defs/Part" }], description: "One part" }), "object");
  assert.equal(kind({ $ref: "#/$defs/a~1b" }), "enum");
  assert.equal(kind({ type: "object", additionalProperties: { type: "number" } }), "json");
  assert.equal(kind({ type: "array", prefixItems: [{ type: "string" }] }), "json");
  assert.equal(kind({ anyOf: [{ type: "string" }, { type: "integer" }] }), "json");
  assert.equal(kind({}), "json");
  assert.equal(kind(true), "json");
});

test("null beside a type makes its control nullable", () => {
  const either = controlFor({ anyOf: [{ $ref: "#/$defs/Part" }, { type: "null" }], default: null }, SCHEMA);
  assert.deepEqual([either.kind, either.nullable], ["object", true]);
  const listed = controlFor({ type: ["integer", "null"] }, SCHEMA);
  assert.deepEqual([listed.kind, listed.nullable], ["number", true]);
  assert.equal(controlFor({ type: "string" }, SCHEMA).nullable, false);
  const words = controlFor({ anyOf: [{ const: "a" }, { enum: ["b", "c"] }, { type: "null" }] }, SCHEMA);
  assert.deepEqual([words.kind, words.options, words.nullable], ["enum", ["a", "b", "c"], true]);
});

test("a value that its control could not show is edited as JSON", () => {
  const fit = (schema: unknown, value: unknown) => fitting(controlFor(schema, SCHEMA), value).kind;
  assert.equal(fit({ type: "boolean" }, "yes"), "json");
  assert.equal(fit({ $ref: "#/$defs/Part" }, [1]), "json");
  assert.equal(fit({ type: "string", format: "date" }, "tomorrow"), "json");
  assert.equal(fit({ type: "string", format: "date" }, "2026-11-23"), "date");
  assert.equal(fit({ type: "integer" }, "12a"), "number");
});

test("numbers keep what they are, and what a number cannot hold exactly stays text", () => {
  assert.equal(typedNumber(" 12 "), 12);
  assert.equal(typedNumber("1.50"), 1.5);
  assert.equal(typedNumber("-3e2"), -300);
  assert.equal(typedNumber("9007199254740993"), "9007199254740993");
  assert.equal(typedNumber(""), "");
  assert.equal(typedNumber("0x10"), "0x10");
  assert.equal(typedNumber("1e999"), "1e999");
  assert.equal(typedNumber("12 kg"), "12 kg");
});

test("what is shown of a JSON value is read back as the same value", () => {
  for (const value of [
    "hello",
    "12",
    "",
    "null",
    '"quoted"',
    "{broken",
    12,
    null,
    true,
    [1, "a"],
    { a: { b: [] } },
  ]) {
    assert.deepEqual(typedJson(asTyped(value)), value);
  }
});

test("putting a value changes its place alone", () => {
  const before = { kept: 1, parts: [{ name: "a", extra: true }, { name: "b" }] };
  const after = put(before, ["parts", 0, "name"], "c");
  assert.deepEqual(after, { kept: 1, parts: [{ name: "c", extra: true }, { name: "b" }] });
  assert.equal(before.parts[0]?.name, "a");
  assert.deepEqual(put(before, ["parts", 0], undefined), { kept: 1, parts: [{ name: "b" }] });
  assert.deepEqual(put(before, ["kept"], undefined), { parts: before.parts });
  assert.deepEqual(put({ list: ["a"] }, ["list", 1], ""), { list: ["a", ""] });
});

test("a field that is set for the first time holds what it needs, also where a schema refers to itself", () => {
  assert.deepEqual(blank({ $ref: "#/$defs/Part" }, SCHEMA), { name: "" });
  assert.equal(blank({ enum: ["low", "high"] }, SCHEMA), "low");
  assert.equal(blank({ type: "integer", minimum: 3 }, SCHEMA), 3);
  assert.equal(blank({ type: "string", default: "n/a" }, SCHEMA), "n/a");
  assert.deepEqual(blank({ type: "array", items: {} }, SCHEMA), []);
  assert.ok(blank({ $ref: "#/$defs/Loop" }, SCHEMA));
});

test("values are the same whatever the order of their fields", () => {
  assert.ok(same({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }));
  assert.ok(!same({ a: 1 }, { a: 1, b: undefined }));
  assert.ok(!same([1, 2], [2, 1]));
  assert.ok(!same(0, "0"));
});
