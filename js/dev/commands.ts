import type { Cmd, Delta, SampleRow, TopicRow } from "../src/protocol.gen";
import { id, sample, topics } from "./data";
import type { FakeKernel } from "./host";

type Op = Delta["ops"][number];

/** Does what a command asks and answers it. */
export function obey(kernel: FakeKernel, cmd: Cmd): void {
  const reply = (ok: unknown) => kernel.post({ t: "reply", rid: cmd.rid, ok });
  const args = cmd.args as {
    ids?: string[];
    path?: string[];
    paths?: string[][];
    name?: string;
    samples?: number;
    topics?: number[];
    under?: string[];
  };
  if (kernel.studio.read_only && cmd.name !== "estimate") {
    kernel.post({ t: "reply", rid: cmd.rid, error: { message: kernel.studio.read_only, kind: "read_only" } });
    return;
  }
  const rows = (args.ids ?? []).flatMap((each) => kernel.samples.get(each) ?? []);
  const refused: Record<string, string> = {};
  switch (cmd.name) {
    case "keep":
    case "reject":
    case "restore": {
      const to = { keep: "kept", reject: "rejected", restore: "draft" } as const;
      const label = `${cmd.name[0]?.toUpperCase()}${cmd.name.slice(1)} ${rows.length}`;
      const spares = (cmd.args as { only_undecided?: boolean }).only_undecided;
      const isOpen = (row: SampleRow) => !spares || !["kept", "rejected"].includes(row.status);
      const good = rows.filter((row) => isOpen(row) && (cmd.name !== "keep" || row.output));
      for (const row of rows)
        if (!good.includes(row))
          refused[row.id] = isOpen(row) ? "it has no output yet" : `is ${row.status} already`;
      kernel.done.push({ label, before: good, topics: [] });
      kernel.commit([
        ...good.map((row) => ({
          op: "sample" as const,
          row: { ...row, status: to[cmd.name as keyof typeof to] },
        })),
        { op: "studio", row: { ...kernel.studio, undo: label, redo: null } },
      ]);
      reply(refused);
      break;
    }
    case "retry":
      kernel.commit(
        rows.map((row) => ({
          op: "sample",
          row: { ...row, status: "pending", output: null, reason: null },
        })),
      );
      setTimeout(
        () =>
          kernel.commit(
            rows.map((row) => ({
              op: "sample",
              row: { ...sample(row.seq, row.topic, "draft"), version: 2 },
            })),
          ),
        700,
      );
      reply({});
      break;
    case "undo": {
      const last = kernel.done.pop();
      const ops: Op[] = [
        ...(last?.before ?? []).map((row) => ({ op: "sample" as const, row })),
        ...(last?.topics ?? []).map((row) => ({ op: "topic" as const, row })),
      ];
      kernel.commit([
        ...ops,
        {
          op: "studio",
          row: { ...kernel.studio, undo: kernel.done.at(-1)?.label ?? null, redo: last?.label ?? null },
        },
      ]);
      reply(last?.label ?? null);
      break;
    }
    case "estimate": {
      const leavesNow = (args.topics ?? []).reduce((product, each) => product * each, 1);
      const samples = leavesNow * (args.samples ?? 8);
      reply({
        calls: [samples + Math.ceil(leavesNow * 1.3), 2 * samples],
        prompt_tokens: [300 * samples, 500 * samples],
        completion_tokens: [60 * samples, 120 * samples],
        cost: [0.0002 * samples, 0.0004 * samples],
        topics: args.topics ? leavesNow : 0,
        samples,
      });
      break;
    }
    case "search": {
      const words = String((cmd.args as { text?: string }).text)
        .toLowerCase()
        .split(/\s+/);
      const whole = (row: SampleRow) => JSON.stringify(kernel.curation.body(row)).toLowerCase();
      const found = [...kernel.samples.values()].filter((row) =>
        words.every((word) => whole(row).includes(word)),
      );
      reply({ ids: found.slice(0, 2000).map((row) => row.id), more: found.length > 2000 });
      break;
    }
    case "export": {
      const { path, status } = cmd.args as { path: string; status: string };
      if (path.startsWith("locked")) {
        kernel.post({
          t: "reply",
          rid: cmd.rid,
          error: { message: `${path}: permission denied`, kind: "FileError" },
        });
        break;
      }
      void status;
      reply(`/home/you/notebooks/${path}`);
      break;
    }
    case "generate_outputs": {
      const all = args.ids ? rows : [...kernel.samples.values()].filter((row) => row.status === "pending");
      kernel.answer(all);
      reply({ job: "o" });
      break;
    }
    case "resume":
      for (const job of kernel.jobs.values())
        if (job.owed > 0) kernel.commit([{ op: "job", row: { ...job, owed: 0, status: "done" } }]);
      kernel.stream(4);
      reply({ job: "r" });
      break;
    case "grow":
      if (kernel.tree.size <= 1) for (const row of topics(8).slice(1)) kernel.commit([{ op: "topic", row }]);
      kernel.stream(args.samples ?? 8);
      reply({ job: "j" });
      break;
    case "cancel":
      for (const job of kernel.jobs.values())
        if (
          job.status === "running" &&
          [null, undefined, job.id].includes((cmd.args as { job?: string }).job)
        )
          kernel.jobs.set(job.id, { ...job, status: "cancelled" });
      reply(null);
      break;
    case "add_topics":
      for (const path of args.paths ?? []) addTopic(kernel, path);
      kernel.setStudio({ undo: "Add topics" });
      reply(null);
      break;
    case "rename_topic":
    case "remove_topic": {
      const row = find(kernel, args.path ?? []);
      if (row && cmd.name === "rename_topic")
        kernel.commit([{ op: "topic", row: { ...row, name: args.name ?? "" } }]);
      else if (row) removeTopic(kernel, row);
      reply(null);
      break;
    }
    case "set_model":
      kernel.setStudio({ model: args.name ?? "", model_note: null });
      reply(null);
      break;
    case "set_guidance":
      kernel.setStudio({ guidance: { ...kernel.studio.guidance, ...(cmd.args as object) } });
      reply(null);
      break;
    default:
      reply(kernel.curation.handle(cmd) ?? null);
  }
}

function find(kernel: FakeKernel, path: readonly string[]): TopicRow | undefined {
  let at = [...kernel.tree.values()].find((row) => row.parent === null);
  for (const name of path)
    at = [...kernel.tree.values()].find((row) => row.parent === at?.id && row.name === name);
  return at;
}

function addTopic(kernel: FakeKernel, path: readonly string[]): void {
  for (let length = 1; length <= path.length; length += 1) {
    if (find(kernel, path.slice(0, length))) continue;
    const parent = find(kernel, path.slice(0, length - 1));
    const row = {
      id: id(5000 + kernel.rev),
      parent: parent?.id ?? null,
      name: path[length - 1] ?? "",
      target: null,
    };
    kernel.commit([{ op: "topic", row }]);
  }
}

function removeTopic(kernel: FakeKernel, row: TopicRow): void {
  const below = [row];
  for (const each of below)
    below.push(...[...kernel.tree.values()].filter((other) => other.parent === each.id));
  const ids = new Set(below.map((each) => each.id));
  const rows = [...kernel.samples.values()].filter((each) => ids.has(each.topic));
  kernel.done.push({ label: `Remove ${row.name}`, before: rows, topics: below });
  kernel.commit([
    ...rows.map((each) => ({ op: "-sample" as const, id: each.id })),
    ...below.map((each) => ({ op: "-topic" as const, id: each.id })),
    { op: "studio", row: { ...kernel.studio, undo: `Remove ${row.name}`, redo: null } },
  ]);
}
