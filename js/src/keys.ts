import { type ReadonlySignal, signal } from "@preact/signals";
import type { Command, CommandName, Group, Pane } from "./commands.gen";
import { withMod } from "./events";
import { listen, type Model } from "./model";

/** What we read of a keyboard event. */
export type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/**
 * The chord as the command table spells it: `Mod+` for Ctrl or ⌘, `Shift+` where it changes the meaning, letters
 * small. Shift is part of the character in "?" and "+". Null for what never is ours: Alt chords, modifiers alone.
 */
export function chordOf(press: KeyPress): string | null {
  const { key } = press;
  if (press.altKey || ["Shift", "Control", "Meta", "Alt", "Dead", "Process"].includes(key)) return null;
  const letter = /^\p{L}$/u.test(key);
  const mod = withMod(press) ? "Mod+" : "";
  const shift = press.shiftKey && (letter || key.length > 1 || mod || key === " ") ? "Shift+" : "";
  return mod + shift + (letter ? key.toLowerCase() : key);
}

/** A line of the trait `_commands`: the kernel's table, with the keys that a person chose. */
type Line = [CommandName, string, Group, string | null, string[], Pane, boolean, boolean];

/** The command table: what a person can do, and by which keys. */
export class Keys {
  readonly commands: ReadonlySignal<readonly Command[]>;

  constructor(model: Model, until: AbortSignal) {
    const read = () =>
      ((model.get("_commands") ?? []) as Line[]).map(
        ([name, label, group, icon, keys, pane, many, changes]) => ({
          name,
          label,
          group,
          icon,
          keys,
          pane,
          many,
          changes,
        }),
      );
    const commands = signal(read());
    this.commands = commands;
    listen(
      model,
      "change:_commands",
      () => {
        commands.value = read();
      },
      until,
    );
  }

  named(name: string): Command | undefined {
    return this.commands.value.find((command) => command.name === name);
  }

  /** The command that a chord means in a pane. */
  meant(chord: string, pane: Exclude<Pane, "any">): Command | undefined {
    const here = (command: Command) => command.pane === "any" || command.pane === pane;
    return this.commands.value.find((command) => here(command) && command.keys.includes(chord));
  }

  /** The first chord of a command, or nothing. */
  chord(name: CommandName): string {
    return this.named(name)?.keys[0] ?? "";
  }

  /** A command's word with its first key, for tooltips: "Redo (Shift+U)". */
  hint(name: CommandName, word = this.named(name)?.label ?? ""): string {
    const chord = this.chord(name);
    return chord ? `${word} (${capsOf(chord).join("+")})` : word;
  }

  /** Chords with Ctrl or ⌘ that are ours while the widget has the focus; all others stay the notebook's. */
  isOwn(chord: string): boolean {
    return chord === CONFIRM || this.commands.value.some((command) => command.keys.includes(chord));
  }
}

/** Runs a cell in a notebook, confirms in our dialogs. */
const CONFIRM = "Mod+Enter";

const CAPS: Readonly<Record<string, string>> = {
  " ": "Space",
  Mod: "Ctrl",
  Delete: "Del",
  Escape: "Esc",
  PageUp: "PgUp",
  PageDown: "PgDn",
};

const MAC = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** A chord as key caps: "Mod+z" → ["Ctrl", "Z"]. Arrows keep their name, they are drawn. */
export function capsOf(chord: string, mac = MAC): string[] {
  const parts = chord === "+" ? ["+"] : chord.split("+");
  return parts.map((part) => {
    if (part === "Mod" && mac) return "⌘";
    return CAPS[part] ?? (part.length === 1 ? part.toUpperCase() : part);
  });
}
