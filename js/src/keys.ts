import { COMMANDS, type Command, type CommandName, type Pane } from "./commands.gen";
import { withMod } from "./events";

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

/** The command that a chord means in a pane. */
export function commandFor(chord: string, pane: Exclude<Pane, "any">): Command | null {
  const here = (command: Command) => command.pane === "any" || command.pane === pane;
  return COMMANDS.find((command) => here(command) && command.keys.includes(chord)) ?? null;
}

/** Chords with Ctrl or ⌘ that are ours while the widget has the focus; all others stay the notebook's. */
export function isOwnChord(chord: string): boolean {
  return OWN.has(chord);
}

const OWN = new Set(COMMANDS.flatMap((command) => command.keys).filter((key) => key.startsWith("Mod+")));
OWN.add("Mod+Enter"); // runs a cell in a notebook, confirms in our dialogs

const CAPS: Readonly<Record<string, string>> = {
  " ": "Space",
  Mod: "Ctrl",
  Delete: "Del",
  Escape: "Esc",
  PageUp: "PgUp",
  PageDown: "PgDn",
};

/** A chord as key caps: "Mod+z" → ["Ctrl", "Z"]. Arrows keep their name, they are drawn. */
export function capsOf(chord: string, mac = isMac()): string[] {
  const parts = chord === "+" ? ["+"] : chord.split("+");
  return parts.map((part) => {
    if (part === "Mod" && mac) return "⌘";
    return CAPS[part] ?? (part.length === 1 ? part.toUpperCase() : part);
  });
}

/** The first key of a command, for tooltips: "Shift+U". */
export function keyLabel(name: CommandName): string {
  const key = COMMANDS.find((command) => command.name === name)?.keys[0];
  return key === undefined ? "" : capsOf(key).join("+");
}

function isMac(): boolean {
  return typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);
}
