// Components listen to the signals that they read. This is what we use of @preact/signals, which binds signals to texts
// and attributes, too, and is five times as long. Both reach into Preact and signals-core by their short inner names,
// which hold for the versions that package.json pins.
import { effect } from "@preact/signals-core";
import { Component, Fragment, options, type VNode } from "preact";

export { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals-core";

/** An effect of signals-core, inside. */
interface Reader {
  /** What is called when something that it read has changed. */
  c: () => void;
  /** Begins to note what is read, and returns what ends that. */
  S: () => () => void;
  /** Listens no more. */
  d: () => void;
}

interface Tracked extends Component {
  reader?: Reader;
  /** Whether something that it read has changed since it was drawn. */
  due?: boolean;
  /** Whether it has state of its own. */
  stateful?: boolean;
}

type Drawn = VNode & { __c?: Tracked };
type Hook = (...args: never[]) => void;

/** Puts something before what Preact calls at a moment. */
function before(moment: string, act: Hook): void {
  const hooks = options as unknown as Record<string, Hook | undefined>;
  const old = hooks[moment];
  hooks[moment] = (...args) => {
    act(...args);
    old?.(...args);
  };
}

before("__r", ({ type, __c: it }: Drawn) => {
  if (!it || it.reader || type === Fragment) return;
  const { render } = it;
  let reader!: Reader;
  effect(function () {
    reader = this as unknown as Reader;
  });
  reader.c = () => {
    it.due = true;
    it.setState({});
  };
  it.reader = reader;
  it.render = (...args) => {
    const end = reader.S();
    it.due = false;
    try {
      return render.apply(it, args);
    } finally {
      end();
    }
  };
});
before("__h", (it: Tracked, _: number, kind: number) => {
  if (kind < 3) it.stateful = true;
});
before("unmount", ({ __c: it }: Drawn) => it?.reader?.d());

/** What has no state is drawn again when a signal that it read, or its props, have changed: what changes is one of them. */
Component.prototype.shouldComponentUpdate = function (this: Tracked, props: object) {
  if (this.due || this.stateful) return true;
  const [now, then] = [props, this.props] as Record<string, unknown>[];
  return Object.keys({ ...now, ...then }).some((name) => now?.[name] !== then?.[name]);
};
