/** Makes what is read of a tooltip or a label fit to be read, in every element of the widget. */
import { options } from "preact";
import { said } from "./shown";

const READ = ["title", "aria-label"];

const before = options.vnode;
// https://preactjs.com/guide/v10/options#vnode: it is called for each element when it is made.
options.vnode = (vnode) => {
  if (typeof vnode.type === "string") {
    const attributes = vnode.props as Record<string, unknown>;
    for (const name of READ) {
      const text = attributes[name];
      if (typeof text === "string") attributes[name] = said(text);
    }
  }
  before?.(vnode);
};
