import type { JSX } from "preact";
import { COMMANDS, type Group } from "../commands.gen";
import { Icon } from "../icons";
import type { View } from "../view";
import { IconButton, Keys } from "./bits";
import { Popover } from "./Popover";

const GROUPS: readonly Group[] = ["Review", "Move", "Select", "Generate", "Topics", "Everywhere"];

/** Every key, from the command table. */
export function Help({ view }: { view: View }): JSX.Element {
  const close = () => {
    view.close();
    view.focusOn("grid");
  };
  return (
    <Popover view={view} label="Keys" class="sw-dialog" modal>
      <header>
        <h2>Keys</h2>
        <span class="sw-grow" />
        <IconButton icon="x" label="Close (Esc)" onPress={close} />
      </header>
      <div class="sw-sheet sw-scroll" tabIndex={0} data-sw-first role="region" aria-label="Keys">
        {GROUPS.map((group) => (
          <GroupOfKeys group={group} />
        ))}
      </div>
      <footer>
        <Icon name="keys" />
        <span class="sw-grow">
          While the widget has the focus, plain keys stay in it. Ctrl S still saves the notebook.
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

function GroupOfKeys({ group }: { group: Group }): JSX.Element {
  const commands = COMMANDS.filter((command) => command.group === group && command.keys.length > 0);
  return (
    <section>
      <h3>{group}</h3>
      <ul>
        {commands.map((command) => (
          <Line label={command.label} chords={command.keys.slice(0, 2)} />
        ))}
        {MORE[group]?.map(([chords, label]) => (
          <Line label={label} chords={chords} />
        ))}
      </ul>
    </section>
  );
}

function Line({ label, chords }: { label: string; chords: readonly string[] }): JSX.Element {
  return (
    <li>
      <span class="sw-ell">{label}</span>
      <span class="sw-keys">
        {chords.map((chord, index) => (
          <>
            {index > 0 && <i>or</i>}
            <Keys chord={chord} />
          </>
        ))}
      </span>
    </li>
  );
}
