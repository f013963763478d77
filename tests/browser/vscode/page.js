// What VS Code's renderer does with a widget: its own widget manager over a kernel that is reached by messages.
import { activate } from "./ipywidgets.js";
import { ProxyKernel } from "./kernel.js";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const modules = new Map();
const scriptsOf = new Map();
let loading = null;

// The little of require.js that a widget's script and the manager ask for.
window.define = (first, second, third) => {
  const name = typeof first === "string" ? first : loading;
  const needs = [first, second].find(Array.isArray) ?? [];
  modules.set(name, (third ?? second)(...needs.map((need) => modules.get(need))));
};
window.requirejs = (names, done) => done(...names.map((name) => modules.get(name)));

const scripts = {
  widgetsRegisteredInRequireJs: new Set(),
  errorHandler: (...told) => console.error("no widget class", ...told),
  successHandler: () => undefined,
  loadWidgetScript: (name) => {
    if (!scriptsOf.has(name)) scriptsOf.set(name, load(name));
    return scriptsOf.get(name);
  },
};

function load(name) {
  loading = name;
  return new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: `nbextensions/${name}/index.js` });
    Object.assign(script, { onload: done, onerror: failed });
    document.head.append(script);
  });
}

async function show(manager, widget) {
  const cell = document.createElement("div");
  cell.className = "output_container cell-output-ipywidget-background";
  const region = document.createElement("div");
  region.className = "cell-output-ipywidget-background";
  Object.assign(region, { tabIndex: 0, role: "region", ariaLabel: "Interactive widget output" });
  cell.append(region);
  document.getElementById("outputs").append(cell);
  const view = await manager.create_view(await manager.get_model(widget.model_id), { el: region });
  await manager.display_view(widget, view, { node: region });
  setTimeout(() => makeAccessible(region), 500);
}

/** VS Code gives each button that it finds a tab stop and a key handler of its own. */
function makeAccessible(region) {
  for (const button of region.querySelectorAll("button:not([tabindex])")) {
    button.setAttribute("tabindex", "0");
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      button.click();
    });
  }
}

// VS Code hears every key of the webview at its window and takes it for the notebook.
window.swLeaked = [];
window.addEventListener("keydown", (event) => {
  if (!event.ctrlKey) window.swLeaked.push(event.key);
});

activate();
window.vscIPyWidgets8.load();
const kernel = await ProxyKernel.connect(`ws://${location.host}/kernel`);
const manager = new window.vscIPyWidgets.WidgetManager(kernel, document.body, scripts, () => undefined);
kernel.iopubMessage.connect((_, message) => {
  const widget = message.content.data?.[WIDGET];
  if (widget) void show(manager, widget);
});
window.swReady = true;
