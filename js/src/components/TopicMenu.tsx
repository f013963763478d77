import type { JSX } from "preact";
import { run } from "../actions";
import type { IconName } from "../icons";
import { ALL } from "../topics";
import type { View } from "../view";
import { Button } from "./bits";
import { Sheet } from "./Popover";

/** What can be done with the chosen topic, from the command table. */
export function TopicMenu({ view }: { view: View }): JSX.Element {
  return (
    <Sheet view={view} label="Topic" title={view.node()?.name || ALL} class="sw-drop sw-drop--menu">
      {view.keys.commands.value
        .filter((command) => command.group === "Topics")
        .map(({ name, label, icon, keys: [chord] }) => (
          <Button
            icon={icon as IconName}
            class="sw-btn--quiet"
            chord={chord}
            onPress={() => {
              view.goBack();
              run(view, name);
            }}
          >
            {label}
          </Button>
        ))}
    </Sheet>
  );
}
