// Shorter names for the bundle: a tenth of it would be names that nobody outside of it knows.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import * as platform from "./platform.mjs";

/** Members of our own classes, props and records. test/names.test.ts holds them apart from all that others know. */
export const OURS =
  `acts asked asking assembling beyond cell chord comparing decides dismissed doubt drawn edge
  editing facet fields finds focusOn focused focusedRow folded forget fresh hit hold idle jobsAt
  jupyterLight letters looking luminance making modal moreContrast naming narrow node nodeOf nodes
  notices nullable onEnter onPress onRate onRemove onSend onText onTrait pageRows parts pendingSelected
  pickTopic place places plan problems refused remade replica sampleOf samplesAt saw say selectTo sendFirst
  setGuidance setOutputs setProgress setShape settle siblings systemDark toGrid toasts toggleOpen topicsAt
  totals trail typed uncut unlisted unseen verdicts wanted warm words wrong`.split(/\s+/);

/** Ours too, though the browser has something of that name or a text says it: no such thing of theirs is asked for. */
export const OURS_TOO = [
  "about",
  "anchor",
  "change",
  "close",
  "control",
  "counts",
  "hint",
  "icon",
  "index",
  "label",
  "line",
  "listeners",
  "listing",
  "lost",
  "moveTo",
  "onToggle",
  "open",
  "prefix",
  "root",
  "selection",
  "start",
  "touched",
  "view",
  "word",
];

export const PROPERTIES = new RegExp(`^(?:${[...OURS, ...OURS_TOO].join("|")})$`);

/** Classes that tests and tools look for, with their variants, and those that the code puts together of parts. */
const READABLE = /^sw-(?:conn|edit|empty|est|i|name-in|nofm|note|root|row|selected|status|tree|vh)(?:--.*)?$/;
const CLASS = /(?<![\w-])sw-[a-z]+(?:-+[a-z0-9]+)*/g;

/** `Math.max` → `Math$max` and so on, which platform.mjs holds. */
export const PLATFORM = Object.fromEntries(
  Object.keys(platform).map((name) => [name.replace("$", "."), name]),
);

/** How `h` is called for what most elements are, and for an element that has a class and nothing else. */
const COMMON = /\bh\("(div|span|p)", /g;
const CLASS_ALONE = /\b(h(?:\$\w+\(|\("\w+", ))\{ class: ("[^"]*") \}/g;

/**
 * Shortens classes in scripts and styles alike: `sw-muted` becomes `_5`, the most frequent the shortest; and calls
 * jsx.ts by what is common: `h$span(…)`, and the text of a class where an element has nothing else.
 */
export function shortClasses(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => /\.(?:tsx?|css)$/.test(name));
  const uses = new Map();
  for (const file of files) {
    for (const [name] of readFileSync(join(folder, file), "utf8").matchAll(CLASS)) {
      if (!READABLE.test(name)) uses.set(name, (uses.get(name) ?? 0) + 1);
    }
  }
  const names = [...uses.keys()].sort((a, b) => uses.get(b) - uses.get(a) || (a < b ? -1 : 1));
  const short = new Map(names.map((name, index) => [name, `_${index.toString(36)}`]));
  return {
    name: "short-classes",
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/].*\.(?:tsx?|css)$/ }, ({ path }) => {
        const text = readFileSync(path, "utf8").replace(CLASS, (name) => short.get(name) ?? name);
        const loader = /\w+$/.exec(path)[0];
        if (loader !== "tsx") return { contents: text, loader };
        const { target, jsx, jsxFactory, jsxFragment, tsconfigRaw } = build.initialOptions;
        const { code } = transformSync(text, { loader, target, jsx, jsxFactory, jsxFragment, tsconfigRaw });
        return { contents: code.replace(COMMON, "h$$$1(").replace(CLASS_ALONE, "$1$2"), loader: "js" };
      });
    },
  };
}
