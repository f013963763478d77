import type { JSX } from "preact";
import { cannot, decide, judged, run, stateOf } from "../actions";
import type { Command } from "../commands.gen";
import type { IconName } from "../icons";
import { byReason } from "../rows";
import type { View } from "../view";
import { count, some } from "../words";
import { Chooser, type Offer } from "./Chooser";

const TOPICS = 50;

/** Every command by a few letters: for the selection, for all that the filter shows; and topics to go to. */
export function Palette({ view }: { view: View }): JSX.Element {
  const all = offers(view);
  const topics = (): Offer[] =>
    view.nodes.value.map((node) => ({
      titled: "Topics",
      icon: "tree",
      label: node.path.join(" › ") || "All topics",
      acts: () => view.pickTopic(node.id),
    }));
  return (
    <Chooser
      view={view}
      label="Commands"
      class="sw-dialog sw-chooser"
      modal
      hint="Find a command or a topic"
      total={all.length}
      find={(text, wanted) => [
        ...all.filter(wanted),
        ...(text ? topics().filter(wanted).slice(0, TOPICS) : []),
      ]}
    />
  );
}

function offers(view: View): Offer[] {
  const { rows } = view.listing.value;
  const offer =
    (titled: string, before?: "select_all") =>
    (command: Command): Offer => ({
      titled: titled || command.group,
      icon: command.icon as IconName,
      label: command.label,
      also: command.group,
      chord: before ? "" : command.keys[0],
      why: cannot(view, command.name),
      state: stateOf(view, command.name),
      acts: () => {
        if (before) run(view, before);
        run(view, command.name, command.keys[0]);
      },
    });
  const selected = view.selection.value.size;
  const commands = view.keys.commands.value.flatMap((command) =>
    command.keys.length < 3
      ? command
      : command.keys.map((key) => ({ ...command, label: `${command.label} ${key}`, keys: [key] })),
  );
  const many = commands.filter((command) => command.many);
  return [
    ...many.map(offer(selected > 0 ? some(selected, "selected sample") : "This sample")),
    ...(rows > 1 ? many.map(offer(`All ${count(rows)} that the filter shows`, "select_all")) : []),
    ...commands.filter((command) => !command.many).map(offer("")),
  ];
}

const STOCK = ["Too short", "Off topic", "Repeats another", "Wrong answer", "Unnatural"];

/** The reasons that a digit gives: those that were given most often in this file, then what often is one. */
export function reasonsOf(view: View): string[] {
  const used = byReason([view.replica.samples.all.values()], "rejected").map(([reason]) => reason);
  return [...new Set([...used, ...STOCK])].filter(Boolean).slice(0, 9);
}

/** Rejects for a reason: a digit, or words. The next generation under the topic is told. */
export function Reasons({ view }: { view: View }): JSX.Element {
  const ids = view.targets();
  const offer = (label: string, chord = ""): Offer => ({
    titled: `Reject ${some(judged(view, "reject", ids).ids.length, "sample")} because`,
    icon: "rejected",
    label,
    chord,
    acts: () => decide(view, "reject", ids, label),
  });
  const reasons = reasonsOf(view).map((reason, index) => offer(reason, `${index + 1}`));
  return (
    <Chooser
      view={view}
      label="Reject because"
      class="sw-drop sw-chooser"
      hint="A number, or other words"
      find={(text, wanted) => [...(text ? [offer(text)] : []), ...reasons.filter(wanted)]}
    />
  );
}
