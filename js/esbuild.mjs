// Builds the widget. `node esbuild.mjs` writes the two files that the Python package ships, and the source map of the
// script; `--watch` does it again after every change; `--dev` serves dev/ with the same sources; `--test` bundles the
// tests and runs them with node's runner.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";
import { entryPoints, shared, shipped } from "./bundle.mjs";

const STATIC = "../synth_widgets/static";
const { limits: LIMITS } = JSON.parse(readFileSync("size.json", "utf8"));

/** Writes what esbuild has made: files for the package, the script's map for who reads a trace. */
function ship(outputs) {
  mkdirSync(STATIC, { recursive: true });
  for (const { path, contents } of outputs) {
    const name = basename(path);
    if (name in LIMITS) writeFileSync(join(STATIC, name), contents);
    else if (name === "widget.js.map") writeFileSync(name, contents);
  }
}

/** Says how large the files are, and fails where one passes its limit. */
function weigh(outputs) {
  for (const { path, contents } of outputs) {
    const name = basename(path);
    if (!(name in LIMITS)) continue;
    const { raw, gzip } = LIMITS[name];
    const packed = gzipSync(contents, { level: 9 }).length;
    console.log(`${name}: ${contents.length} of ${raw} bytes, ${packed} of ${gzip} packed`);
    if (contents.length > raw || packed > gzip) process.exitCode = 1;
  }
}

async function watch() {
  const told = {
    name: "told",
    setup(on) {
      let began = 0;
      on.onStart(() => {
        began = performance.now();
      });
      on.onEnd(({ errors, outputFiles }) => {
        if (errors.length > 0) return;
        ship(outputFiles);
        console.log(`built in ${Math.round(performance.now() - began)} ms`);
      });
    },
  };
  await (await context({ ...shipped, entryPoints, plugins: [told] })).watch();
}

async function test() {
  const tests = readdirSync("test", { recursive: true }).filter((name) => /\.test\.tsx?$/.test(name));
  rmSync(".out/test", { recursive: true, force: true });
  await build({
    ...shared,
    entryPoints: tests.map((name) => join("test", name)),
    outdir: ".out/test",
    outbase: "test",
    platform: "node",
    external: ["esbuild", "happy-dom"],
    target: "node20",
    sourcemap: "inline",
    outExtension: { ".js": ".mjs" },
  });
  const files = tests.map((name) => join(".out/test", name.replace(/\.\w+$/, ".mjs")));
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" });
  process.exit(run.status ?? 1);
}

async function dev(once) {
  const page = await context({
    ...shared,
    entryPoints: { page: "dev/page.ts", widget: "src/styles/widget.css" },
    outdir: ".out/dev",
    sourcemap: true,
  });
  if (once) {
    await page.rebuild();
    await page.dispose();
    return;
  }
  const { port } = await page.serve({ servedir: ".", host: "127.0.0.1" });
  console.log(`dev/index.html on port ${port}`);
}

const [mode, more] = process.argv.slice(2);
if (mode === "--test") await test();
else if (mode === "--dev") await dev(more === "--once");
else if (mode === "--watch") await watch();
else {
  const { outputFiles } = await build({ ...shipped, entryPoints });
  ship(outputFiles);
  weigh(outputFiles);
}
