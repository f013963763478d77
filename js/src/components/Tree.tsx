import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { nameTopic, openGenerate, placeTopic, refusal } from "../actions";
import { prevent, stopHere } from "../events";
import { iconOf } from "../icons";
import { named, shown } from "../shown";
import { ALL, average, isThin, isWithin, live, type Node, type Totals, thinOnes, unfolded } from "../topics";
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
  const listed = useMemo(() => {
    const lines: (Node | "new")[] = unfolded(nodes, folded);
    const at =
      naming?.kind === "add" ? lines.findIndex((line) => line !== "new" && line.id === naming.topic) : -1;
    if (at >= 0) lines.splice(at + 1, 0, "new");
    return lines;
  }, [nodes, folded, naming]);
  const lines = useMemo(() => new Lines(listed.length, () => NODE), [listed]);
  const { drawn } = useInSight(box, lines, 10);
  const at = listed.findIndex((line) => line !== "new" && line.id === chosen?.id);
  useLayoutEffect(() => {
    const top = (naming?.kind === "add" ? at + 1 : at) * NODE;
    if (box.current && at >= 0) scrollTo(box.current, { start: top, end: top + NODE + 8 });
  }, [at, naming]);
  const no = refusal(view);
  const lifted = view.lifted.value;
  const topics = Math.max(0, nodes.length - 1);
  const bare = topics === 0 && naming === null;
  return (
    <nav class="sw-pane sw-pane--tree" aria-label="Topics">
      <div class="sw-head">
        {lifted ? (
          <span class="sw-ell sw-grow">
            {lifted.merges ? "Merge" : "Move"} <b dir="auto">{shown(lifted.node.name)}</b>: where to?
          </span>
        ) : (
          <>
            <span class="sw-strong">Topics</span>
            {topics > 0 && <span class="sw-faint sw-small">{count(topics)}</span>}
            {GAP}
          </>
        )}
        <IconButton
          icon="plus"
          label={view.keys.hint("add_topics", "Add a topic")}
          off={no}
          onPress={() => nameTopic(view, "add")}
        />
        {topics > 0 && (
          <IconButton
            icon="more"
            label="Topic menu"
            menu
            open={view.open.value === "topics"}
            off={no}
            onPress={() => view.toggleOpen("topics")}
          />
        )}
      </div>
      {bare && <NoTopics />}
      <div
        ref={box}
        class={`sw-tree sw-scroll ${bare ? "sw-tree--none" : ""} ${lifted ? "sw-tree--held" : ""}`}
        role="tree"
        aria-label="Topics"
        tabIndex={bare ? -1 : 0}
        aria-activedescendant={chosen ? `${view.prefix}-t-${chosen.id}` : undefined}
        onKeyDown={(event) => treeKey(view, event, listed)}
      >
        <div role="presentation" class="sw-lines" style={{ height: `${lines.height}px` }}>
          {drawn.map((line) => {
            const node = listed[line.index];
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
  const thin = view.idle ? thinOnes(view.nodes.value, view.totals.value).length : 0;
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
          {GAP}
          {thin > 0 && (
            <Button
              class="sw-btn--sm"
              off={off}
              title="Less than half of the target"
              onPress={() => {
                view.pickTopic(null);
                openGenerate(view, "thin");
              }}
            >
              {`Fill ${count(thin)} thin`}
            </Button>
          )}
        </>
      )}
    </div>
  );
}

type Style = { transform: string };

function NewTopic({ view, style, level }: { view: View; style: Style; level: number }): JSX.Element {
  return (
    <div
      class="sw-node sw-node--naming"
      role="treeitem"
      aria-label="New topic"
      style={{ ...style, "--l": Math.max(0, level - 1) }}
    >
      <span class="sw-tw" />
      <TopicName view={view} name="" />
    </div>
  );
}

function TreeNode({ view, node, style }: { view: View; node: Node; style: Style }): JSX.Element {
  const totals = view.totals.value.get(node.id) as Totals;
  const naming = view.naming.value;
  const chosen = view.node()?.id === node.id;
  const folded = view.folded.value.has(node.id);
  const name = node.name || ALL;
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
  const stars = average(totals);
  const guided = Object.values(node.guidance).some(Boolean);
  const label = `${named(name)}, ${said}${wanted} samples: ${count(totals.kept)} kept and ${count(totals.draft)} drafts${stars && `, rated ${stars}`}${guided ? ", has guidance" : ""}${working ? ", generating" : ""}`;
  const lifted = view.lifted.value;
  const takes = lifted && !isWithin(node, lifted.node);
  return (
    <div
      id={`${view.prefix}-t-${node.id}`}
      class={`sw-node ${takes && view.over.value === node.id ? "sw-node--over" : ""} ${lifted?.node.id === node.id ? "sw-node--held" : ""}`}
      role="treeitem"
      style={{ ...style, "--l": Math.max(0, node.level - 1) }}
      aria-level={node.level + 1}
      aria-posinset={node.place}
      aria-setsize={node.siblings}
      aria-selected={chosen}
      aria-expanded={node.children > 0 ? !folded : undefined}
      aria-label={label}
      title={label}
      draggable={node.parent !== null}
      onClick={() => (lifted ? void placeTopic(view, node) : pick())}
      onDragStart={(event) => {
        event.dataTransfer?.setData("sw", "");
        view.lifted.value = { node, merges: false };
      }}
      onDragOver={(event) => {
        if (!takes) return;
        prevent(event);
        view.over.value = node.id;
      }}
      onDrop={() => void placeTopic(view, node)}
      onDragEnd={() => {
        view.lifted.value = view.over.value = null;
      }}
    >
      <span
        class="sw-tw"
        role="presentation"
        onClick={(event) => {
          if (node.children === 0) return;
          stopHere(event);
          view.fold(node.id);
        }}
      >
        {node.children > 0 && iconOf(folded ? "chev" : "chevd", 12)}
      </span>
      {naming?.kind === "rename" && naming.topic === node.id ? (
        <TopicName view={view} name={node.name} />
      ) : (
        <span class={`sw-name sw-ell ${node.level < 2 ? "sw-strong" : ""}`} dir="auto">
          {shown(name)}
        </span>
      )}
      {guided && iconOf("guidance", 12, "sw-faint")}
      {stars && (
        <span class="sw-thin sw-rated">
          {stars}
          {iconOf("star", 12, "sw-c-star")}
        </span>
      )}
      {idle && isThin(node, totals) && (
        <span class="sw-thin">
          {iconOf("low", 12)}
          thin
        </span>
      )}
      {working && iconOf("spin", 12, "sw-spin sw-busy", "generating")}
      <IconButton
        icon="play"
        class="sw-icon-btn--sm sw-here"
        tabIndex={-1}
        label={`Generate below ${named(name)}`}
        onPress={() => {
          pick();
          openGenerate(view);
        }}
      />
      <span class="sw-n">{totals.target > 0 ? `${short(said)}/${short(totals.target)}` : short(said)}</span>
      {totals.target > 0 && <Fill totals={totals} />}
    </div>
  );
}

/** The tree's column is narrow: from ten thousand on, thousands are enough. */
function short(value: number): string {
  return value < 10_000 ? String(value) : `${Math.floor(value / 1000)}k`;
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
