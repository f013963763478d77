// What the build writes shorter than the sources do: classes, calls of `h`, functions, texts that are said twice.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { transformSync } from "esbuild";
import { CLASS, READABLE, SIGNALS } from "./names.mjs";

/** How `h` is called for what most elements are, for many in a row, and for one that has a class and nothing else. */
const COMMON = /\bh\("(div|span|p)", /g;
const ROW = /\bh\(Fragment, null, /g;
const CLASS_ALONE = /\b(h(?:\$\w+\(|\("\w+", ))\{ class: ("[^"]*") \}/g;
/** What most values are compared with; platform.mjs has a letter for each. Texts stay as they are. */
const NOTHING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`|\bvoid 0\b|\bnull\b/g;
const LETTERS = new Map([
  ["void 0", "$undefined"],
  ["null", "$null"],
]);

const VALUE = new RegExp(`\\b(${SIGNALS.join("|")})\\.value\\b`, "g");

/** A function of a module, as esbuild prints it: nothing but its end stands at the margin. */
const FUNCTION = /^(export )?(async )?function (\w+)(\((?:.*|\{\n(?: .*\n)*\})\)) (\{\n(?:(?: .*)?\n)*\})$/gm;

/** A comment, a template, what must stand as it is; or a text: of a case, or with a colon where it names a member. */
const TEXT =
  /\/\*[\s\S]*?\*\/|`(?:[^`\\]|\\[\s\S])*`|\b(?:from|typeof [\w.]+ [!=]==) "[^"]*"|(\bcase )?"((?:[^"\\\n]|\\.)*)"(:?)/g;
const TEXTS = "texts";

/**
 * An esbuild plugin that shortens what is in a folder: `sw-muted` becomes `_5`, in scripts and styles alike, the most
 * frequent the shortest; `h` is called by what is common, `h$span(…)`, and takes the text of a class where an element
 * has nothing else; functions of a module become arrows; a text that is said many times stands once.
 */
export function shorten(folder, options) {
  const classes = shortClasses(folder);
  const read = (path) => readFileSync(path, "utf8").replace(CLASS, (name) => classes.get(name) ?? name);
  const paths = filesOf(folder, /\.tsx?$/);
  const scripts = new Map(paths.map((path) => [resolve(path), shortCalls(path, read(path), options)]));
  const texts = repeatedTexts(scripts.values());
  return {
    name: "shorten",
    setup(build) {
      build.onLoad({ filter: /\.css$/ }, ({ path }) => ({ contents: read(path), loader: "css" }));
      build.onResolve({ filter: new RegExp(`^${TEXTS}$`) }, () => ({ path: TEXTS, namespace: TEXTS }));
      build.onLoad({ filter: /.*/, namespace: TEXTS }, () => ({ contents: declared(texts) }));
      build.onLoad({ filter: /\.tsx?$/ }, ({ path }) => {
        const script = scripts.get(path);
        if (script === undefined) return null;
        const contents = named(script, texts);
        // What is put into every file gets no letters itself.
        return { contents: path.endsWith("jsx.ts") ? contents : briefly(contents), loader: "js" };
      });
      build.onLoad({ filter: /preact.*\.m?js$/ }, ({ path }) => ({
        contents: briefly(readFileSync(path, "utf8")),
      }));
    },
  };
}

export function filesOf(folder, ending) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => ending.test(name));
  return names.sort().map((name) => join(folder, name));
}

/** The short name of each class that only our own scripts and styles know. */
function shortClasses(folder) {
  const uses = new Map();
  for (const path of filesOf(folder, /\.(?:tsx?|css)$/)) {
    for (const [name] of readFileSync(path, "utf8").matchAll(CLASS)) {
      if (!READABLE.test(name)) uses.set(name, (uses.get(name) ?? 0) + 1);
    }
  }
  const names = [...uses.keys()].sort((a, b) => uses.get(b) - uses.get(a) || (a < b ? -1 : 1));
  return new Map(names.map((name, index) => [name, `_${index.toString(36)}`]));
}

/** A script without its types, with shorter calls and functions. */
export function shortCalls(path, text, { target, jsx, jsxFactory, jsxFragment, tsconfigRaw }) {
  const loader = /\w+$/.exec(path)[0];
  const { code } = transformSync(text, { loader, target, jsx, jsxFactory, jsxFragment, tsconfigRaw });
  return code
    .replace(COMMON, "h$$$1(")
    .replace(ROW, "h$$row(")
    .replace(CLASS_ALONE, "$1$2")
    .replace(VALUE, "$1.signalled")
    .replace(FUNCTION, "$1const $3 = $2$4 => $5;");
}

/** A name for each text that takes fewer bytes as a constant, which has about two letters in the end. */
export function repeatedTexts(scripts) {
  const saved = new Map();
  for (const script of scripts) {
    for (const [, branch, text, colon] of script.matchAll(TEXT)) {
      if (!text) continue;
      const { length } = JSON.stringify(text);
      saved.set(text, (saved.get(text) ?? -length - 4) + length - (colon && !branch ? 4 : 2));
    }
  }
  const names = [...saved.keys()].filter((text) => saved.get(text) > 0 && !text.includes("\\"));
  return new Map(names.map((text, index) => [text, `text$${index}`]));
}

export function briefly(script) {
  return script.replace(NOTHING, (found) => LETTERS.get(found) ?? found);
}

function declared(texts) {
  return [...texts].map(([text, name]) => `export let ${name} = ${JSON.stringify(text)};`).join("\n");
}

/** A script that calls texts by their names. */
export function named(script, texts) {
  const used = new Set();
  const code = script.replace(TEXT, (whole, branch, text, colon) => {
    const name = texts.get(text);
    if (name === undefined) return whole;
    used.add(name);
    return colon && !branch ? `[${name}]:` : `${branch ?? ""}${name}${colon}`;
  });
  return used.size > 0 ? `import { ${[...used].join(", ")} } from "${TEXTS}";\n${code}` : code;
}
