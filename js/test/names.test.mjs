// A name that the build shortens must be ours alone: the wire, the host, the browser and Preact keep theirs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { transformSync } from "esbuild";
import { OURS, OURS_TOO, PREACTS, SIGNALS } from "../names.mjs";
import { briefly, filesOf, named, repeatedTexts, shortCalls } from "../shorten.mjs";

const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/.*/g;
const read = (path) => readFileSync(path, "utf8").replace(COMMENTS, "");
const words = (text) => new Set(text.match(/[\w$]+/g));

function shortenedAmong(known, names) {
  return names.filter((name) => known.has(name));
}

test("no name of the wire or of the host is shortened", () => {
  const [wire] = read("src/commands.gen.ts").split("export type WireName");
  const known = words(read("src/protocol.gen.ts") + wire + read("src/model.ts"));
  assert.deepEqual(shortenedAmong(known, [...OURS, ...OURS_TOO]), []);
});

test("no name of the browser's or of a package's types is shortened, but those that say so", () => {
  const { stdout } = spawnSync("node_modules/.bin/tsc", ["-p", ".", "--listFilesOnly"], { encoding: "utf8" });
  const types = stdout.split("\n").filter((path) => path.endsWith(".d.ts") && !path.includes("@types/"));
  assert.ok(types.some((path) => path.endsWith("lib.dom.d.ts")));
  const member = /^\s*(?:(?:readonly|get|set|var|function|const) )*["']?([\w$]+)["']?\??\s*[:(<]/gm;
  const known = new Set(types.flatMap((path) => [...read(path).matchAll(member)].map((match) => match[1])));
  assert.deepEqual(shortenedAmong(known, OURS), []);
});

test("no name is shortened that a text of ours says: it could be looked up by it", () => {
  const files = readdirSync("src", { recursive: true }).filter((name) => /\.tsx?$/.test(name));
  const texts = files.flatMap((name) => [...read(`src/${name}`).matchAll(/["'](\w+)["']/g)]);
  assert.deepEqual(shortenedAmong(new Set(texts.map((match) => match[1])), OURS), []);
});

test("what Preact's parts call one another by is named nowhere as a text, nor by us", () => {
  const parts = ["preact/dist/preact", "preact/hooks/dist/hooks"].map((name) => `node_modules/${name}.mjs`);
  const signals = "node_modules/@preact/signals-core/dist/signals-core.module.js";
  // Ours that reaches into Preact is one of its parts.
  const own = "src/signals.ts";
  const scripts = [...parts, signals, own].map((path) => readFileSync(path, "utf8"));
  const texts = scripts.flatMap((script) => [...script.matchAll(/["'](\w+)["']/g)].map((match) => match[1]));
  const ours = filesOf("src", /\.tsx?$/).filter((path) => path !== own);
  assert.ok(texts.includes("unmount"));
  assert.deepEqual(
    shortenedAmong(new Set([...texts, ...ours.flatMap((path) => [...words(read(path))])]), PREACTS),
    [],
  );
});

test("what counts as a signal's name is declared as one, and never as anything else that has a value", () => {
  const scripts = filesOf("src", /\.tsx?$/).map(read);
  for (const name of SIGNALS) {
    const declared = scripts.some((script) =>
      new RegExp(`\\b${name}\\b(?:: | = )[^;=]*?(?:\\bsignal|\\bcomputed|Signal)\\b`).test(script),
    );
    assert.ok(declared, name);
    const value = new RegExp(`(?<![.\\w])${name}\\??\\.value\\b`);
    const given = new RegExp(`\\(${name}(?:, \\w+)*\\) =>|const ${name} of\\b`);
    assert.ok(
      !scripts.some((script) => value.test(script) && given.test(script)),
      `${name} is a parameter, too`,
    );
  }
});

test("null and undefined get letters, but not in a text", () => {
  const texts = ['"null"', "`null {void 0}`", "'no null'"].join(" + ");
  assert.equal(briefly(`a === null ? ${texts} : void 0`), `a === $null ? ${texts} : $undefined`);
});

test("a script that calls texts by their names says the same texts", () => {
  const paths = filesOf("src", /\.tsx?$/);
  const options = { target: "es2022", jsx: "transform", jsxFactory: "h", jsxFragment: "Fragment" };
  const scripts = paths.map((path) => shortCalls(path, readFileSync(path, "utf8"), options));
  const texts = repeatedTexts(scripts);
  assert.ok(texts.size > 100);
  const define = Object.fromEntries([...texts].map(([text, name]) => [name, JSON.stringify(text)]));
  const plain = (script, more) => transformSync(script, { minifySyntax: true, ...more }).code;
  for (const script of scripts) {
    const body = named(script, texts).replace(/^import .* from "texts";\n/, "");
    assert.equal(plain(body, { define }), plain(script));
  }
});

test("what is called as signals are, without saying whose, is taken from what holds signals", () => {
  const bare = new RegExp(`(?<![.\\w])(${SIGNALS.join("|")})\\.value\\b`, "g");
  const wrong = filesOf("src", /\.tsx?$/).flatMap((path) => {
    const text = read(path);
    const taken = (name) => new RegExp(`const (?:${name}|\\{[^{}]*\\b${name}\\b[^{}]*\\}) = `).test(text);
    return [...text.matchAll(bare)].filter(([, name]) => !taken(name)).map(([found]) => `${path}: ${found}`);
  });
  assert.deepEqual(wrong, []);
});
