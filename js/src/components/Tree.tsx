import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { nameTopic, refusal, removeTopic, run } from "../actions";
import { prevent, stopHere } from "../events";
import { iconOf } from "../icons";
import { noCounts } from "../store";
import { isThin, live, type Node, type Totals, unfolded } from "../topics";
import type { View } from "../view";
import { Lines, scrollTo, useInSight } from "../virtual";
import { count } from "../words";
import { Button, GAP, IconButton } from "./bits";
import { TopicName } from "./TopicName";
import { treeKey } from "./treeKeys";

const NODE = 26;

export function Tree({ view }: { view: View }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const nodes = view.nodes.value;
  const folded = view.folded.value;
  const naming = view.naming.value;
  const chosen = view.node();
  const shown = useMemo(() => {
    const lines: (Node | "new")[] = unfolded(nodes, folded);
    const at =
      naming?.kind === "add" ? lines.findIndex((line) => line !== "new" && line.id === naming.topic) : -1;
    if (at >= 0) lines.splice(at + 1, 0, "new");
    return lines;
  }, [nodes, folded, naming]);
  const lines = useMemo(() => new Lines(shown.length, () => NODE), [shown]);
  const { drawn } = useInSight(box, lines, 10);
  const at = shown.findIndex((line) => line !== "new" && line.id === chosen?.id);
  useLayoutEffect(() => {
    const top = (naming?.kind === "add" ? at + 1 : at) * NODE;
    if (box.current && at >= 0) scrollTo(box.current, { start: top, end: top + NODE + 8 });
  }, [at, naming]);
  const no = refusal(view);
  const rootNo = no ?? (chosen?.parent === null ? "Choose a topic first" : null);
  const topics = Math.max(0, nodes.length - 1);
  return (
    <nav class="sw-pane sw-pane--tree" aria-label="Topics">
      <div class="sw-head">
        <span class="sw-strong">Topics</span>
        {topics > 0 && <span class="sw-faint sw-small">{count(topics)}</span>}
        {GAP}
        <IconButton
          icon="plus"
          label={view.keys.hint("add_topics", "Add a topic")}
          off={no}
          onPress={() => nameTopic(view, "add")}
        />
        {topics > 0 && (
          <>
            <IconButton
              icon="edit"
              label={view.keys.hint("rename_topic", "Rename")}
              off={rootNo}
              onPress={() => nameTopic(view, "rename")}
            />
            <IconButton
              icon="trash"
              label={view.keys.hint("remove_topic", "Remove")}
              off={rootNo}
              onPress={() => void removeTopic(view)}
            />
          </>
        )}
      </div>
      {topics === 0 && naming === null && <NoTopics />}
      <div
        ref={box}
        class={`sw-tree sw-scroll ${topics === 0 && naming === null ? "sw-tree--none" : ""}`}
        role="tree"
        aria-label="Topics"
        tabIndex={0}
        aria-activedescendant={chosen ? `${view.prefix}-t-${chosen.id}` : undefined}
        onKeyDown={(event) => treeKey(view, event, shown)}
      >
        <div role="presentation" class="sw-lines" style={{ height: `${lines.height}px` }}>
          {drawn.map((line) => {
            const node = shown[line.index];
            const style = { transform: `translateY(${line.start}px)` };
            if (node === "new")
              return <NewTopic key="new" view={view} style={style} level={(chosen?.level ?? 0) + 1} />;
            return node && <TreeNode key={node.id} view={view} node={node} style={style} />;
          })}
        </div>
      </div>
      <TreeFoot view={view} none={topics === 0} off={no} />
    </nav>
  );
}

function NoTopics(): JSX.Element {
  return (
    <div class="sw-none sw-muted">
      <p>No topics yet. Generating makes a tree of them here, so that the samples cover the task evenly.</p>
      <p>You can also add your own, or paste a list.</p>
    </div>
  );
}

function TreeFoot({ view, none, off }: { view: View; none: boolean; off: string | null }): JSX.Element {
  return (
    <div class="sw-foot">
      {none ? (
        <Button icon="plus" class="sw-btn--sm" off={off} onPress={() => nameTopic(view, "add")}>
          Add topic
        </Button>
      ) : (
        <>
          <span class="sw-legend sw-legend--kept">kept</span>
          <span class="sw-legend sw-legend--draft">draft</span>
        </>
      )}
    </div>
  );
}

type Style = { transform: string };

function NewTopic({ view, style, level }: { view: View; style: Style; level: number }): JSX.Element {
  return (
    <div class="sw-node sw-node--naming" style={{ ...style, "--l": Math.max(0, level - 1) }}>
      <span class="sw-tw" />
      <TopicName view={view} name="" />
    </div>
  );
}

const NONE: Totals = { ...noCounts(), target: 0 };

function TreeNode({ view, node, style }: { view: View; node: Node; style: Style }): JSX.Element {
  const totals = view.totals.value.get(node.id) ?? NONE;
  const naming = view.naming.value;
  const chosen = view.node()?.id === node.id;
  const folded = view.folded.value.has(node.id);
  const name = node.parent === null ? "All topics" : node.name;
  const working = view.running.value.some((job) =>
    view.replica.progress.value.get(job.id)?.topics.includes(node.id),
  );
  const idle = view.idle && view.line.line.value.state !== "saved";
  const said = live(totals);
  const wanted = totals.target > 0 ? ` of ${count(totals.target)}` : "";
  const pick = () => {
    view.pickTopic(node.id);
    view.focusOn("tree");
  };
  const fold = () => {
    const next = new Set(view.folded.value);
    if (!next.delete(node.id)) next.add(node.id);
    view.folded.value = next;
  };
  return (
    <div
      id={`${view.prefix}-t-${node.id}`}
      class={`sw-node ${folded || node.children === 0 ? "" : "sw-node--open"}`}
      role="treeitem"
      style={{ ...style, "--l": Math.max(0, node.level - 1) }}
      aria-level={node.level + 1}
      aria-posinset={node.place}
      aria-setsize={node.siblings}
      aria-selected={chosen}
      aria-expanded={node.children > 0 ? !folded : undefined}
      aria-label={`${name}, ${said}${wanted} samples${working ? ", generating" : ""}`}
      tabIndex={-1}
      title={`${name}: ${count(totals.kept)} kept, ${count(totals.draft)} drafts${totals.target > 0 ? `, target ${count(totals.target)}` : ""}`}
      onMouseDown={prevent}
      onClick={pick}
    >
      <span
        class="sw-tw"
        role="presentation"
        onClick={(event) => {
          stopHere(event);
          if (node.children > 0) fold();
          else pick();
        }}
      >
        {node.children > 0 && iconOf(folded ? "chev" : "chevd", 12)}
      </span>
      {naming?.kind === "rename" && naming.topic === node.id ? (
        <TopicName view={view} name={node.name} />
      ) : (
        <span class={`sw-name sw-ell ${node.level < 2 ? "sw-strong" : ""}`} dir="auto">
          {name}
        </span>
      )}
      {idle && isThin(node, totals) && (
        <span class="sw-thin">
          {iconOf("low", 12)}
          thin
        </span>
      )}
      {working && iconOf("spin", 12, "sw-spin sw-busy", "generating")}
      <GenerateHere view={view} node={node} name={name} />
      <span class="sw-n">{totals.target > 0 ? `${short(said)}/${short(totals.target)}` : short(said)}</span>
      {totals.target > 0 && <Fill totals={totals} />}
    </div>
  );
}

/** The tree's column is narrow: from ten thousand on, thousands are enough. */
function short(value: number): string {
  return value < 10_000 ? String(value) : `${Math.floor(value / 1000)}k`;
}

function GenerateHere({ view, node, name }: { view: View; node: Node; name: string }): JSX.Element {
  return (
    <button
      type="button"
      class="sw-icon-btn sw-icon-btn--sm sw-here"
      tabIndex={-1}
      aria-label={`Generate below ${name}`}
      title="Generate here (G)"
      onClick={(event) => {
        stopHere(event);
        view.pickTopic(node.id);
        if (view.open.value !== "generate") run(view, "generate");
      }}
    >
      {iconOf("play", 12)}
    </button>
  );
}

function Fill({ totals }: { totals: Totals }): JSX.Element {
  const share = (value: number) => ({ width: `${Math.min(100, (100 * value) / totals.target)}%` });
  return (
    <span class="sw-fill" aria-hidden="true">
      <i style={share(totals.kept)} />
      <i style={share(totals.draft)} />
    </span>
  );
}
