import type { JSX } from "preact";
import { stateOf } from "../actions";
import type { Group } from "../commands.gen";
import { iconOf } from "../icons";
import type { View } from "../view";
import { GAP, IconButton, keysOf } from "./bits";
import { Popover } from "./Popover";

const COLUMNS: readonly (readonly Group[])[] = [
  ["Review", "Everywhere"],
  ["Move", "Select"],
  ["Generate", "Topics"],
];

/** Every command that a person can give, with its keys, from the command table. */
export function Help({ view }: { view: View }): JSX.Element {
  return (
    <Popover view={view} label="Keys" class="sw-dialog" modal>
      <header>
        <h2>Keys</h2>
        {GAP}
        <IconButton icon="x" label="Close (Esc)" onPress={() => view.goBack()} />
      </header>
      <div class="sw-sheet sw-scroll" tabIndex={0} data-sw-first role="region" aria-label="Keys">
        {COLUMNS.map((groups) => (
          <div>
            {groups.map((group) => (
              <GroupOfKeys view={view} group={group} />
            ))}
          </div>
        ))}
      </div>
      <footer>
        {iconOf("keys")}
        <span class="sw-grow">
          While the widget has the focus, plain keys stay in it. Ctrl S still saves the notebook.
        </span>
        <span>
          <code>studio.widget.keymap</code> changes any of them
        </span>
      </footer>
    </Popover>
  );
}

/** Keys that are not commands: the tree's own, and Esc. */
const MORE: Partial<Record<Group, readonly [string[], string][]>> = {
  Topics: [
    [["ArrowLeft", "ArrowRight"], "Fold, unfold"],
    [["Enter"], "To its samples"],
  ],
  Select: [[["Escape"], "Clear the selection"]],
};

function GroupOfKeys({ view, group }: { view: View; group: Group }): JSX.Element {
  const commands = view.keys.commands.value.filter((each) => each.group === group);
  return (
    <section>
      <h3>{group}</h3>
      <ul>
        {commands.map((command) => (
          <Line label={command.label} chords={command.keys} state={stateOf(view, command.name)} />
        ))}
        {MORE[group]?.map(([chords, label]) => (
          <Line label={label} chords={chords} />
        ))}
      </ul>
    </section>
  );
}

function Line(props: { label: string; chords: readonly string[]; state?: string }): JSX.Element {
  const { label, chords, state } = props;
  // 1, 2, 3, 4, 5, 0 → 1 – 5 or 0
  const shown = chords.length > 2 ? [chords[0], chords.at(-2), chords.at(-1)].map(String) : chords;
  return (
    <li>
      <span class="sw-ell">
        {label}
        {state && <b>: {state}</b>}
      </span>
      <span class="sw-keys">
        {chords.length === 0 && <i>palette</i>}
        {shown.map((chord, index) => (
          <>
            {index > 0 && <i>{chords.length > 2 && index === 1 ? "–" : "or"}</i>}
            {keysOf(chord)}
          </>
        ))}
      </span>
    </li>
  );
}
