import type { ComponentType, JSX } from "preact";
import { closeCompare } from "../compare";
import { type IconName, iconOf } from "../icons";
import type { NarrowPane, Popover as PopoverName } from "../parts";
import type { StudioView, TaskView } from "../protocol.gen";
import { total } from "../rows";
import type { View } from "../view";
import { Boundary } from "./Boundary";
import { Press } from "./bits";
import { Confirm } from "./Confirm";
import { Detail } from "./Detail";
import { Diff } from "./Diff";
import { Empty } from "./Empty";
import { Export } from "./Export";
import { GeneratePlan } from "./GeneratePlan";
import { Grid } from "./Grid";
import { Help } from "./Help";
import { Jobs } from "./Jobs";
import { ColumnsMenu, FilterMenu, SortMenu } from "./Menus";
import { Palette, Reasons } from "./Palette";
import { RegeneratePopover } from "./Regenerate";
import { barOf, RunBar } from "./RunBar";
import { BudgetPopover, GuidancePopover, ModelPopover, TaskPopover, TopicPopover } from "./Settings";
import { StatusBar } from "./StatusBar";
import { TaskBanner } from "./TaskBanner";
import { TaskShape } from "./TaskShape";
import { TopBar } from "./TopBar";
import { TopicMenu } from "./TopicMenu";
import { Tree } from "./Tree";
import { Waiting } from "./Waiting";

const PANES: readonly [NarrowPane, IconName, string][] = [
  ["topics", "tree", "Topics"],
  ["samples", "rows", "Samples"],
  ["sample", "card", "Sample"],
];

/** What a bar leaves when it cannot be shown: a line. */
const BAR = "sw-run sw-failure--bar";

export function App({ view }: { view: View }): JSX.Element {
  const { replica } = view;
  replica.samplesAt.value;
  const bar = barOf(view) !== null;
  const empty = replica.loaded.value === 1 && !bar && isEmpty(view);
  return (
    <>
      <h2 class="sw-vh">Synthetic data studio</h2>
      <Boundary view={view} name="The top bar" class={BAR}>
        <TopBar view={view} plain={empty} />
      </Boundary>
      <Boundary view={view} name="The job" class={BAR}>
        <RunBar view={view} />
      </Boundary>
      <Boundary view={view} name="The change of the task" class={BAR}>
        <TaskBanner view={view} />
      </Boundary>
      <Nav view={view} />
      <div
        class={`sw-body ${empty ? "sw-body--first" : view.alone ? "sw-body--focus" : ""}`}
        data-sw-pane={view.pane.value}
      >
        <Boundary view={view} name="The tree of topics" class="sw-pane sw-pane--tree">
          <Tree view={view} />
        </Boundary>
        <Boundary view={view} name="The list of samples" class="sw-pane sw-pane--grid">
          {empty ? <Empty view={view} /> : <Grid view={view} bar={bar} />}
        </Boundary>
        <Boundary view={view} name="The sample" class="sw-pane sw-pane--detail" of={view.focus.value}>
          {empty ? <TaskShape view={view} title="A sample of this task" /> : <Detail view={view} />}
        </Boundary>
        <Boundary
          view={view}
          name="The comparison"
          class="sw-pane sw-diff"
          of={view.comparing.value}
          onClose={() => closeCompare(view)}
        >
          {view.comparing.value && <Diff view={view} />}
        </Boundary>
      </div>
      <Boundary view={view} name="The status bar" class={BAR}>
        <StatusBar view={view} />
      </Boundary>
      <Boundary
        view={view}
        name="This dialog"
        class="sw-pop sw-drop"
        of={view.open.value}
        onClose={() => view.goBack()}
      >
        <Open view={view} />
      </Boundary>
      <Boundary
        view={view}
        name="This question"
        class="sw-pop sw-drop"
        of={view.question.value}
        onClose={() => view.question.value?.answer(false)}
      >
        <Confirm view={view} />
      </Boundary>
    </>
  );
}

/** Nothing was made yet: neither topics nor samples. */
function isEmpty(view: View): boolean {
  const root = view.nodes.value[0];
  const totals = root && view.totals.value.get(root.id);
  return view.nodes.value.length <= 1 && (!totals || total(totals) === 0);
}

function Nav({ view }: { view: View }): JSX.Element {
  return (
    <div class="sw-nav sw-only-narrow" role="tablist" aria-label="Pane">
      {PANES.map(([pane, icon, label]) => (
        <Press
          role="tab"
          aria-selected={view.pane.value === pane}
          onPress={() => {
            view.pane.value = pane;
          }}
        >
          {iconOf(icon, 14)}
          {label}
        </Press>
      ))}
    </div>
  );
}

const OPEN: Record<PopoverName, ComponentType<{ view: View; studio: StudioView; task: TaskView }>> = {
  generate: GeneratePlan,
  model: ModelPopover,
  guidance: GuidancePopover,
  task: TaskPopover,
  export: Export,
  jobs: Jobs,
  waiting: Waiting,
  regenerate: RegeneratePopover,
  topics: TopicMenu,
  topic: TopicPopover,
  budget: BudgetPopover,
  palette: Palette,
  reasons: Reasons,
  help: Help,
  filter: FilterMenu,
  sort: SortMenu,
  columns: ColumnsMenu,
};

function Open({ view }: { view: View }): JSX.Element | null {
  const studio = view.replica.studio.value;
  const task = view.replica.task.value;
  const name = view.open.value;
  if (!studio || !task || !name) return null;
  const What = OPEN[name];
  const key = name === "generate" ? view.topic.value : name; // another topic, another plan
  return <What key={key} view={view} studio={studio} task={task} />;
}
