// Builds the widget. `node esbuild.mjs` writes the two files that the Python package ships;
// `--dev` serves dev/ with the same sources; `--test` bundles the tests and runs them with node's runner.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { build, context } from "esbuild";
import { minify } from "terser";
import { PLATFORM, PROPERTIES } from "./names.mjs";
import { shorten } from "./shorten.mjs";

const mode = process.argv[2] ?? "";
const shared = {
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome105", "firefox110", "safari16"],
  // Calls of `h` are 4 kB shorter than those of the automatic runtime, which tsconfig.json names for the types alone.
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: ["src/jsx.ts"],
  tsconfigRaw: { compilerOptions: { target: "es2022", verbatimModuleSyntax: true, strict: true } },
  define: { "process.env.NODE_ENV": '"production"', "window.__PREACT_SIGNALS_DEVTOOLS__": "false" },
  legalComments: "none",
  logLevel: "warning",
};
/**
 * What esbuild leaves: values that are used once are put where they are, branches become expressions. A getter is never
 * dropped, because to read a signal is to listen to it.
 */
async function fold(path) {
  const { code } = await minify(readFileSync(path, "utf8"), {
    module: true,
    ecma: 2022,
    compress: {
      passes: 4,
      pure_getters: false,
      unsafe_arrows: true,
      unsafe_methods: true,
      unsafe: true, // no value of ours says another text when it is added than when it stands in a template
      keep_fargs: false,
    },
    mangle: false, // esbuild has given the shortest names to what is used most; terser's go by where it stands
    format: { comments: false },
  });
  writeFileSync(path, `${code}\n`);
}

const LIMITS = { "widget.js": 130_000, "widget.css": 32_000 };

if (mode === "--test") {
  const tests = readdirSync("test").filter((name) => /\.test\.(?:ts|mjs)$/.test(name));
  rmSync(".out/test", { recursive: true, force: true });
  await build({
    ...shared,
    entryPoints: tests.map((name) => `test/${name}`),
    outdir: ".out/test",
    platform: "node",
    external: ["esbuild"],
    target: "node20",
    sourcemap: "inline",
    outExtension: { ".js": ".mjs" },
  });
  const files = tests.map((name) => `.out/test/${name.replace(/\.\w+$/, ".mjs")}`);
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" });
  process.exit(run.status ?? 1);
} else if (mode === "--dev") {
  const dev = await context({
    ...shared,
    entryPoints: { page: "dev/page.ts", widget: "src/styles/widget.css" },
    outdir: ".out/dev",
    sourcemap: true,
  });
  if (process.argv[3] === "--once") {
    await dev.rebuild();
    await dev.dispose();
  } else {
    const { port } = await dev.serve({ servedir: ".", host: "127.0.0.1" });
    console.log(`dev/index.html on port ${port}`);
  }
} else {
  const out = "../synth_widgets/static";
  const shipped = {
    ...shared,
    outdir: out,
    minify: true,
    charset: "utf8",
    mangleProps: PROPERTIES,
    define: { ...shared.define, ...PLATFORM },
    inject: [...shared.inject, "platform.mjs", "signals.mjs"],
    plugins: [shorten("src", shared)],
  };
  await build({ ...shipped, entryPoints: { widget: "src/widget.tsx" } });
  await build({ ...shipped, entryPoints: { widget: "src/styles/widget.css" } });
  await fold(`${out}/widget.js`);
  for (const [name, limit] of Object.entries(LIMITS)) {
    const { size } = statSync(`${out}/${name}`);
    console.log(`${name}: ${size} of ${limit} bytes`);
    if (size > limit) process.exitCode = 1;
  }
}
