// How the sources become one file: what esbuild.mjs and the tests build with.

import { readFileSync } from "node:fs";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** For the tests and the page for development, too. */
export const shared = {
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome105", "firefox110", "safari16"],
  jsx: "automatic",
  jsxImportSource: "preact",
  define: {
    "process.env.NODE_ENV": '"production"',
    "window.__PREACT_SIGNALS_DEVTOOLS__": "false",
    VERSION: JSON.stringify(version),
  },
  legalComments: "none",
  logLevel: "warning",
};

/** What is shipped. The paths in the map are relative to this folder, where the map is kept: it is not for the wheel. */
export const shipped = {
  ...shared,
  outdir: ".",
  minify: true,
  charset: "utf8",
  sourcemap: "external",
  sourcesContent: false,
  preserveSymlinks: true, // the map names node_modules/, wherever that is kept
  write: false,
};

export const entryPoints = [
  { in: "src/widget.tsx", out: "widget" },
  { in: "src/styles/widget.css", out: "widget" },
];
