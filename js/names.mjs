// Shorter names for the bundle: a tenth of it would be names that nobody outside of it knows.
import * as platform from "./platform.mjs";

/** Members of our own classes, props and records. test/names.test.ts holds them apart from all that others know. */
export const OURS =
  `acts advances alone also asked asking assembling between beyond cell chord chords colab commands comparing
  decides dismissed doubt drawn edge editing facet fields finds focused focusedRow focusOn fold folded forget fresh
  full generic goBack heard hit hold idle isOwn jobsAt jupyterLight letters lifted listed looking luminance
  making many meant merges modal moreContrast most move named naming narrow node nodeOf nodes notices nullable
  onEnter onPress onRate onRemove onSend onText onTrait onWay over pageRows pane parts pendingSelected picked
  pickTopic place places plan problems refused remade replica sampleOf samplesAt saw say selectTo sendFirst
  setGuidance setOutputs setProgress setShape settle siblings signalled sortBy starred systemDark titled toasts
  toggleOpen topicsAt totals trail trait typed uncut unlisted unseen verdicts vscode want wanted warm ways what
  whenShown where whole why widths words wrong`.split(/\s+/);

/** Ours too, though the browser has something of that name or a text says it: no such thing of theirs is asked for. */
export const OURS_TOO = [
  "after",
  "alert",
  "aside",
  "before",
  "current",
  "drop",
  "groups",
  "here",
  "menu",
  "onChoose",
  "pair",
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
  "schema",
  "selection",
  "shape",
  "start",
  "state",
  "touched",
  "view",
  "word",
];

/** What we call signals, and nothing else that has a `value`: theirs is written as `signalled`, which is ours. */
export const SIGNALS =
  `advances at columns commands comparing density dismissed editing ended facet focus focused folded full jobsAt letters lifted line listing
  loaded naming narrow nodes now open order over pane pendingSelected picked progress running samplesAt selection sort
  studio task text topic topicsAt totals typed unlisted widths words`.split(/\s+/);

/** What Preact's parts call one another by: class components and contexts, of which we have none, and its schedule. */
export const PREACTS =
  `componentDidCatch componentDidMount componentDidUpdate componentWillMount componentWillReceiveProps
  componentWillUnmount componentWillUpdate contextType debounceRendering forceUpdate getChildContext
  getDerivedStateFromError getDerivedStateFromProps getSnapshotBeforeUpdate setState shouldComponentUpdate`.split(
    /\s+/,
  );

export const PROPERTIES = new RegExp(`^(?:${[...OURS, ...OURS_TOO, ...PREACTS].join("|")})$`);

/** Classes that tests and tools look for, with their variants, and those that the code puts together of parts. */
export const READABLE =
  /^sw-(?:conn|edit|empty|est|i|name-in|nofm|note|root|row|selected|status|tree|vh)(?:--.*)?$/;
export const CLASS = /(?<![\w-])sw-[a-z]+(?:-+[a-z0-9]+)*/g;

/** `Math.max` → `Math$max`, `String` → `$String` and so on, which platform.mjs holds; `null` is no name to define. */
export const PLATFORM = Object.fromEntries(
  Object.keys(platform)
    .filter((name) => name !== "$null")
    .map((name) => [name.split("$").filter(Boolean).join("."), name]),
);
