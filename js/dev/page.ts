import define from "../src/widget";
import { FakeKernel } from "./host";

/** ?rows=200 (none: -1), ?width=1120, ?theme=dark, ?views=2; the kernel is `window.kernel`. */
const query = new URLSearchParams(location.search);
const number = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise);
const kernel = new FakeKernel(number("rows", 120), number("target", 8));
kernel.traits.theme = query.get("theme") ?? "auto";
document.body.classList.toggle("dark", query.get("theme") === "dark");
// ?saved: no kernel answers, as in a saved notebook; ?lab: the host shows a kernel, so that the state is saved.
const saved = query.get("saved");
if (saved !== null) {
  kernel.busy = true;
  kernel.traits._snapshot = kernel.saved(Number(saved) || 40);
}
const model = new AbortController();
const widget = define();
widget.initialize({ model: kernel, signal: model.signal });
for (let view = 0; view < number("views", 1); view += 1) {
  const el = document.createElement("div");
  el.style.width = `${number("width", 1120)}px`;
  el.style.marginBottom = "16px";
  document.querySelector("main")?.append(el);
  const host = query.has("shadow") ? el.attachShadow({ mode: "open" }) : el;
  if (query.has("shadow")) {
    const sheet = document.querySelector("link")?.cloneNode();
    if (sheet) host.append(sheet);
  }
  const inner = document.createElement("div");
  host.append(inner);
  widget.render({ model: kernel, el: inner, signal: model.signal });
}
Object.assign(window, { kernel });
