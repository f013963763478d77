// One part of the widget on a page, over a replica filled from fixtures; the test is its kernel.
import "./dom";
import assert from "node:assert/strict";
import { afterEach } from "node:test";
import { type ComponentChild, render } from "preact";
import { act } from "preact/test-utils";
import { COMMANDS } from "../../src/commands.gen";
import type { Cmd, Delta, Reply, SampleBody, Snapshot, ToFront, WireError } from "../../src/protocol.gen";
import { Connection } from "../../src/transport";
import { View } from "../../src/view";
import { snapshot, TestModel } from "../fixtures";

const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
});

export class Stage {
  readonly model = new TestModel();
  readonly view: View;
  readonly root = document.createElement("section");
  #rev = 1;

  /** Draws a part of the widget; without `given` no kernel has answered yet. */
  constructor(draw: (view: View) => ComponentChild, given?: Partial<Snapshot>) {
    const until = new AbortController();
    this.model.traits._commands = COMMANDS.map((each) => [
      each.name,
      each.label,
      each.group,
      each.icon,
      each.keys,
      each.pane,
      each.many,
      each.changes,
    ]);
    const connection = new Connection(this.model, until.signal, (run) => run());
    this.view = new View(connection, this.model, this.root, until.signal);
    document.body.append(this.root);
    connection.hello();
    if (given) this.answer({ ...snapshot(this.#rev, []), ...given });
    const Part = () => <>{draw(this.view)}</>; // what it reads of signals redraws it
    void act(() => render(<Part />, this.root));
    ending.push(() => {
      render(null, this.root);
      this.root.remove();
      until.abort();
    });
  }

  /** A message of the kernel. */
  answer(message: ToFront): void {
    void act(() => this.model.answer(message));
  }

  /** Something has changed in the kernel. */
  commit(...ops: Delta["ops"]): void {
    this.#rev += 1;
    this.answer({ t: "delta", epoch: "e", base: this.#rev - 1, rev: this.#rev, ops });
  }

  /** The whole samples that were asked for, or would be. */
  bodies(...samples: SampleBody[]): void {
    this.answer({ t: "bodies", rev: this.#rev, samples });
  }

  /** Changes what the view shows. */
  change(how: (view: View) => void): void {
    void act(() => how(this.view));
  }

  /** The commands that were sent, as the wire has them. */
  get sent(): [string, unknown][] {
    const commands = this.model.sent.filter((each): each is Cmd => each.t === "cmd");
    return commands.map(({ name, args }) => [name, JSON.parse(JSON.stringify(args))]);
  }

  /** Answers the last command of this name. */
  reply(name: string, ok: unknown): Promise<void> {
    return this.#settle(name, { ok });
  }

  /** Refuses the last command of this name. */
  fail(name: string, error: WireError): Promise<void> {
    return this.#settle(name, { error });
  }

  async #settle(name: string, result: Pick<Reply, "ok" | "error">): Promise<void> {
    const cmd = this.model.sent.findLast((each): each is Cmd => each.t === "cmd" && each.name === name);
    assert.ok(cmd, `${name} was not sent`);
    await act(async () => {
      this.model.answer({ t: "reply", rid: cmd.rid, ...result });
      await settled();
    });
  }

  /** Elements by role, and by their name where one is given. */
  all(role: string, name?: string | RegExp, within: Element = this.root): HTMLElement[] {
    const wanted = (each: HTMLElement) =>
      roleOf(each) === role &&
      (name === undefined || (typeof name === "string" ? nameOf(each) === name : name.test(nameOf(each))));
    return [...within.querySelectorAll<HTMLElement>("*")].filter(wanted);
  }

  /** The one element of this role and name. */
  get(role: string, name?: string | RegExp, within: Element = this.root): HTMLElement {
    const found = this.all(role, name, within);
    const names = this.all(role, undefined, within).map(nameOf).join(", ");
    assert.equal(found.length, 1, `${found.length} of role ${role}, name ${name}; there are: ${names}`);
    return found[0] as HTMLElement;
  }

  press(role: string, name?: string | RegExp, within: Element = this.root): void {
    const target = this.get(role, name, within);
    void act(() => target.click());
  }

  key(target: HTMLElement, key: string, more: KeyboardEventInit = {}): void {
    void act(() => {
      target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
    });
  }

  type(name: string | RegExp, text: string): void {
    const target = this.get("textbox", name) as HTMLInputElement;
    void act(() => {
      target.value = text;
      target.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  /** Lets time pass for what waits a moment before it asks. */
  async wait(milliseconds: number): Promise<void> {
    await act(() => settled(milliseconds));
  }
}

export function settled(milliseconds = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export function textOf(element: Element): string {
  return (element.textContent ?? "").replace(/\s+/g, " ").trim();
}

const ROLES: Readonly<Record<string, string>> = {
  A: "link",
  ASIDE: "complementary",
  BUTTON: "button",
  DIALOG: "dialog",
  H2: "heading",
  H3: "heading",
  LI: "listitem",
  NAV: "navigation",
  SECTION: "region",
  SELECT: "combobox",
  TEXTAREA: "textbox",
};

function roleOf(element: Element): string | null {
  const own = element.getAttribute("role");
  if (own) return own;
  if (element.tagName !== "INPUT") return ROLES[element.tagName] ?? null;
  const type = element.getAttribute("type") ?? "text";
  return type === "checkbox" || type === "radio" ? type : "textbox";
}

/** Its label, else what it says without its key caps. */
function nameOf(element: Element): string {
  const label = element.getAttribute("aria-label");
  if (label !== null) return label;
  if (element.id && /^(?:INPUT|TEXTAREA|SELECT)$/.test(element.tagName)) {
    const named = element.getRootNode() as Document;
    const text = named.querySelector(`label[for="${element.id}"]`);
    if (text) return textOf(text);
  }
  const copy = element.cloneNode(true) as Element;
  for (const caps of copy.querySelectorAll("kbd, svg")) caps.remove();
  return textOf(copy) || element.closest("label")?.textContent?.trim() || "";
}
