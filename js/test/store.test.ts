import assert from "node:assert/strict";
import { test } from "node:test";
import type { SampleRow } from "../src/protocol.gen";
import { type News, Replica, type Status } from "../src/store";
import { delta, job, put, sample, snapshot, topic } from "./fixtures";

const now = (run: () => void) => run();

function whole(rows: SampleRow[] = []): Replica {
  const replica = new Replica(now);
  replica.page(snapshot(1, rows));
  return replica;
}

function heard(replica: Replica): News[] {
  const news: News[] = [];
  replica.listeners.add((each) => news.push(each));
  return news;
}

test("replayed deltas end where a snapshot of the same state ends", () => {
  // A small linear congruence: the same walk through states at every run.
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const statuses: Status[] = ["pending", "draft", "kept", "rejected", "failed"];
  const truth = new Map<string, SampleRow>();
  const replayed = whole();
  for (let rev = 1; rev < 400; rev += 1) {
    const number = random(60);
    const id = `s${number}`;
    if (random(5) === 0) {
      truth.delete(id);
      replayed.delta(delta(rev, [{ op: "-sample", id }]));
    } else {
      const row = sample(id, number, `t${random(3)}`, statuses[random(5)]);
      truth.set(id, row);
      replayed.delta(delta(rev, [put(row)]));
    }
  }
  const fresh = new Replica(now);
  fresh.page(snapshot(400, [...truth.values()]));
  for (const name of ["t0", "t1", "t2"]) {
    assert.deepEqual(replayed.samples.of(name), fresh.samples.of(name));
    const counts = fresh.samples.counts(name);
    assert.deepEqual(replayed.samples.counts(name), counts);
    assert.equal(counts && Object.values(counts).reduce((a, b) => a + b), fresh.samples.of(name).length);
  }
  assert.equal(replayed.samples.all.size, truth.size);
});

test("a delta that starts elsewhere is a gap, one that says nothing new is stale", () => {
  const replica = whole();
  assert.equal(replica.delta(delta(5, [])), "gap");
  assert.equal(replica.delta(delta(0, [])), "stale");
  assert.equal(replica.delta(delta(1, [])), "applied");
  assert.equal(replica.delta(delta(2, [], "other")), "gap");
});

test("a change that comes in several deltas is applied whole", () => {
  const replica = whole();
  assert.equal(replica.delta({ ...delta(1, [put(sample("a", 0, "root"))]), rev: 1 }), "applied");
  assert.equal(replica.delta(delta(1, [put(sample("b", 1, "root"))])), "applied");
  assert.deepEqual([...replica.samples.all.keys()], ["a", "b"]);
  assert.equal(replica.rev, 2);
});

test("pages may be shown one by one, and deltas wait for the last", () => {
  const replica = new Replica(now);
  const first = snapshot(4, [sample("a", 0, "root")]);
  replica.page({ ...first, pages: 2 });
  assert.equal(replica.samples.all.size, 1);
  assert.equal(replica.delta(delta(4, [put(sample("a", 0, "root", "kept"))])), "held");
  const { studio: _studio, topics: _topics, jobs: _jobs, ...rest } = first;
  assert.equal(replica.page({ ...rest, page: 1, pages: 2, samples: [sample("b", 1, "root")] }), "taken");
  assert.equal(replica.rev, 5);
  assert.equal(replica.samples.all.get("a")?.status, "kept");
  assert.equal(replica.loaded.value, 1);
});

test("a held delta that does not fit onto the snapshot asks for another", () => {
  const replica = new Replica(now);
  replica.page({ ...snapshot(4, []), pages: 2 });
  replica.delta(delta(9, []));
  const { studio: _studio, topics: _topics, jobs: _jobs, ...rest } = snapshot(4, []);
  assert.equal(replica.page({ ...rest, page: 1, pages: 2 }), "gap");
});

test("another epoch replaces everything", () => {
  const replica = whole([sample("old", 0, "root")]);
  replica.page(snapshot(1, [sample("new", 0, "root")], [topic("root", null)], "other"));
  assert.deepEqual([...replica.samples.all.keys()], ["new"]);
  assert.equal(replica.epoch, "other");
});

test("a snapshot of the same epoch drops what is gone", () => {
  const replica = whole([sample("a", 0, "root"), sample("b", 1, "root")]);
  replica.page(snapshot(9, [sample("b", 1, "root")]));
  assert.deepEqual([...replica.samples.all.keys()], ["b"]);
});

test("kept samples changed only when the dataset did", () => {
  const replica = whole([sample("a", 0, "root"), sample("b", 1, "root", "kept")]);
  const news = heard(replica);
  replica.delta(delta(1, [put(sample("a", 0, "root", "rejected"))]));
  replica.delta(delta(2, [put(sample("a", 0, "root", "kept"))]));
  replica.delta(delta(3, [put({ ...sample("b", 1, "root", "kept"), version: 2 })]));
  replica.delta(delta(4, [{ op: "-sample", id: "b" }]));
  assert.deepEqual(
    news.map((each) => each.kept),
    [false, true, true, true],
  );
});

test("a row that an undo brings back is not new", () => {
  const replica = whole([sample("a", 0, "root"), sample("b", 1, "root")]);
  const news = heard(replica);
  replica.delta(delta(1, [{ op: "-sample", id: "a" }]));
  replica.delta(
    delta(2, [put(sample("a", 0, "root")), put(sample("c", 3, "root")), put(sample("d", 2, "root"))]),
  );
  assert.deepEqual(news.at(-1)?.added, ["c", "d"]);
});

test("the body of a sample is stale after work on it, not after a verdict", () => {
  const replica = whole([sample("a", 0, "root"), sample("b", 1, "root", "pending")]);
  const news = heard(replica);
  replica.delta(delta(1, [put(sample("a", 0, "root", "kept")), put(sample("b", 1, "root", "draft"))]));
  assert.deepEqual(news[0]?.remade, ["b"]);
});

test("a job that ends is told once", () => {
  const replica = whole();
  const news = heard(replica);
  replica.delta(delta(1, [{ op: "job", row: job("j", "running") }]));
  replica.delta(delta(2, [{ op: "job", row: job("j", "stopped") }]));
  replica.delta(delta(3, [{ op: "job", row: job("j", "stopped") }]));
  assert.deepEqual(
    news.map((each) => each.ended.length),
    [0, 1, 0],
  );
});

test("signals rise at most once a frame", () => {
  const frames: (() => void)[] = [];
  const replica = new Replica((run) => frames.push(run));
  replica.page(snapshot(1, []));
  for (let rev = 1; rev < 20; rev += 1) replica.delta(delta(rev, [put(sample(`s${rev}`, rev, "root"))]));
  assert.equal(frames.length, 1);
  frames[0]?.();
  assert.equal(replica.samplesAt.value, 1);
});
