// The shipped file does what the sources say. A minifier that renames members once made `match.index` undefined,
// `/^null$/` another pattern and `dialog.open` a property of nobody, without an error.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { type BuildOptions, build } from "esbuild";

const SHIPPED = "../synth_widgets/static/widget.js";
const script = readFileSync(SHIPPED, "utf8");
const options = (await import(pathToFileURL(resolve("bundle.mjs")).href)) as { shipped: BuildOptions };

async function built(more: BuildOptions): Promise<string> {
  const { outputFiles } = await build({ ...options.shipped, ...more, write: false });
  return outputFiles.find(({ path }) => path.endsWith(".js"))?.text ?? "";
}

/** What stands after a dot; names of private fields are ours to change. */
function membersIn(code: string): Set<string> {
  return new Set([...code.matchAll(/(?<![.\d])\.([A-Za-z_$][\w$]*)/g)].map(([, name]) => name as string));
}

/** Patterns where one can stand: after what does not end a value. */
function patternsIn(code: string): Set<string> {
  const pattern =
    /(?<=[=(,:?[!&|;{}]\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[dgimsuvy]*(?=[.,;)\]}\s])/g;
  return new Set([...code.matchAll(pattern)].map(([found]) => found));
}

test("members of the browser and patterns are what they were when they are built as we build", async () => {
  const probe = `
    const index = (text) => /b+/.exec(text).index;
    const pattern = /^null$/;
    const either = /^(?:undefined|null|void 0)$/;
    const open = (dialog) => dialog.open;
    const { state, root } = globalThis.seen;
    const observed = (target) => ({ root: target, close: target.close() });
    const absent = [null, undefined];
    export { index, pattern, either, open, state, root, observed, absent };`;
  Object.assign(globalThis, { seen: { state: "popped", root: "shadow" } });
  const code = await built({ entryPoints: [], stdin: { contents: probe, resolveDir: "." } });
  const made = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  assert.equal(made.index("aabb"), 2);
  assert.ok(made.pattern.test("null"));
  for (const word of ["undefined", "null", "void 0"]) assert.ok(made.either.test(word), word);
  assert.equal(made.open({ open: true }), true);
  assert.equal(made.state, "popped");
  assert.equal(made.root, "shadow");
  assert.deepEqual(Object.keys(made.observed({ close: () => 1 })), ["root", "close"]);
  assert.deepEqual(made.absent, [null, undefined]);
});

test("the shipped file names the members and has the patterns that the sources have", async () => {
  const plain = await built({ entryPoints: ["src/widget.tsx"], minify: false, minifyWhitespace: true });
  const members = membersIn(plain);
  assert.ok(members.has("isConnected") && members.has("state") && members.size > 500);
  const names = membersIn(script);
  assert.deepEqual(
    [...members].filter((name) => !names.has(name)),
    [],
  );
  const patterns = patternsIn(plain);
  assert.ok(patterns.size > 20);
  assert.deepEqual(
    [...patterns].filter((pattern) => !script.includes(pattern)),
    [],
  );
});

test("the map shows where in the sources the shipped file comes from, and holds no copy of them", () => {
  const map = JSON.parse(readFileSync("widget.js.map", "utf8"));
  assert.equal(map.sourcesContent, undefined);
  assert.ok(!script.includes("sourceMappingURL"));
  const found = new SourceMap(map);
  for (const [text, source] of [
    ["Height of the widget", "src/widget.tsx"],
    ["Nothing was generated yet", "src/components/Jobs.tsx"],
    ["No answer from the kernel", "src/components/StatusBar.tsx"],
  ] as const) {
    const before = script.slice(0, script.indexOf(text)).split("\n");
    const entry = found.findEntry(before.length - 1, (before.at(-1) ?? "").length);
    assert.ok("originalSource" in entry, text);
    assert.equal(entry.originalSource, source);
    const line = readFileSync(source, "utf8").split("\n")[entry.originalLine] ?? "";
    assert.ok(
      line.includes(text),
      `${source}:${entry.originalLine + 1} is not where “${text}” stands: ${line}`,
    );
  }
});
