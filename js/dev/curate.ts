import type { Cmd, Delta, JobRow, SampleBody, SampleRow, TaskView, VersionView } from "../src/protocol.gen";
import { body, shown } from "./data";

type Op = Delta["ops"][number];

/** What the fakes of edit, check, rate, regenerate, accept, decline and revert use of the fake kernel. */
export interface Desk {
  readonly task: TaskView;
  row(id: string): SampleRow | undefined;
  commit(ops: Op[]): void;
  /** Commits, and can undo it. */
  did(label: string, rows: readonly SampleRow[], ops: Op[]): void;
  job(kind: string, total: number): JobRow;
}

interface Args {
  id: string;
  ids: string[];
  input?: unknown;
  output?: unknown;
  stars?: number | null;
  requirements?: Record<string, number | null>;
  part?: "input" | "output";
  guidance?: string | null;
  n?: number;
}

const put = (row: SampleRow): Op => ({ op: "sample", row });

/** Edits, ratings and new versions of the page's samples. */
export class Curation {
  every = 350;
  readonly #desk: Desk;
  readonly #bodies = new Map<string, SampleBody>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  body(row: SampleRow): SampleBody {
    const own = this.#own(row);
    return {
      ...own,
      version: row.version,
      stars: row.stars,
      proposal: row.proposal ? own.proposal : null,
      unfinished: row.unfinished ? own.unfinished : null,
    };
  }

  #own(row: SampleRow): SampleBody {
    const own = this.#bodies.get(row.id) ?? body(row);
    this.#bodies.set(row.id, own);
    return own;
  }

  /** The answer to a command, or undefined to one that is none of these. */
  handle(cmd: Cmd): unknown {
    const args = cmd.args as unknown as Args;
    const rows = (args.ids ?? [args.id]).flatMap((id) => this.#desk.row(id) ?? []);
    const [row] = rows;
    switch (cmd.name) {
      case "check":
        return this.#problems(args);
      case "edit":
        return row && this.#edit(row, args);
      case "rate":
        for (const each of rows) Object.assign(this.#own(each).ratings, args.requirements);
        this.#desk.did(
          `Rate ${rows.length}`,
          rows,
          rows.map((each) => put({ ...each, stars: args.stars ?? null })),
        );
        return null;
      case "regenerate":
        return this.#regenerate(rows, args);
      case "accept":
      case "decline":
        this.#desk.did(
          `${cmd.name} ${rows.length}`,
          rows,
          rows.map((each) => this.#choose(each, cmd.name)),
        );
        return null;
      case "revert": {
        const back = row && this.#own(row).versions.find((version) => version.n === args.n);
        if (!row || !back) return null;
        const { n, output } = back;
        const origin = back.origin as SampleRow["origin"];
        this.#desk.did(
          `Go back to version ${n}`,
          [row],
          [put({ ...row, version: n, origin, output: shown(output) })],
        );
        return {};
      }
    }
    return undefined;
  }

  #choose(row: SampleRow, verb: string): Op {
    const own = this.#own(row);
    const next = own.versions.find((version) => version.n === own.proposal);
    const taken = next && verb === "accept";
    return put({
      ...row,
      proposal: false,
      ...(taken ? { version: next.n, origin: "regenerated", output: shown(next.output) } : {}),
    });
  }

  #problems(args: Args): Record<string, string> {
    const found: Record<string, string> = {};
    const { output } = args;
    if (output === undefined) return args.input === "" ? { input: "must not be empty" } : found;
    const record = output as Record<string, unknown>;
    const { properties = {}, required = [] } = this.#desk.task.output_schema as {
      properties?: Record<
        string,
        { enum?: string[]; maxLength?: number; type?: string; properties?: object }
      >;
      required?: string[];
    };
    for (const name of required) if (record[name] === undefined) found.output = `${name} is missing`;
    for (const [name, schema] of Object.entries(properties)) {
      const value = record[name];
      if (value === undefined) continue;
      const text = JSON.stringify(value);
      if (schema.enum && !schema.enum.includes(String(value)))
        found[`output.${name}`] = `${text} is not one of ${schema.enum.join(", ")}`;
      else if (schema.maxLength && String(value).length > schema.maxLength)
        found[`output.${name}`] =
          `${String(value).length} characters, at most ${schema.maxLength} are allowed`;
      else if (schema.type === "object" && typeof (value as { price?: unknown }).price === "string")
        found[`output.${name}.price`] =
          `${JSON.stringify((value as { price?: unknown }).price)} is not of type number`;
    }
    return found;
  }

  #edit(row: SampleRow, args: Args): Record<string, string> {
    const own = this.#own(row);
    const [problem] = Object.entries(this.#problems(args));
    const now = own.versions.find((version) => version.n === row.version) as VersionView;
    if (problem) {
      const said = `${problem[0].replace(/^(?:in|out)put\.?/, "")}: ${problem[1]}`;
      own.unfinished = {
        input: args.input ?? now.input,
        output: args.output ?? now.output,
        problem: said,
      };
      this.#desk.did("Edit 1", [row], [put({ ...row, unfinished: true })]);
      return { [row.id]: said };
    }
    const { input = now.input, output = now.output } = args;
    if (JSON.stringify([input, output]) === JSON.stringify([now.input, now.output])) {
      this.#desk.did("Discard the edit", [row], [put({ ...row, unfinished: false })]);
      return {};
    }
    const made = this.#version(own, {
      origin: "edited",
      input,
      output,
      by: "edited by you",
      made: [],
      problem: null,
    });
    const stale = args.input !== undefined && args.output === undefined;
    this.#desk.did(
      "Edit 1",
      [row],
      [
        put({
          ...row,
          version: made.n,
          origin: "edited",
          unfinished: false,
          stale,
          status: stale || row.status === "failed" ? "draft" : row.status,
          input: shown(input),
          output: shown(output),
        }),
      ],
    );
    return {};
  }

  #version(own: SampleBody, part: Partial<VersionView>): VersionView {
    const last = own.versions.at(-1) as VersionView;
    const made = { ...last, ...part, n: last.n + 1, created: Date.now() / 1000 };
    own.versions.push(made);
    return made;
  }

  #regenerate(rows: SampleRow[], args: Args): { job: string; status: string } {
    const job = this.#desk.job("regenerate", rows.length);
    const left = [...rows];
    const tick = setInterval(() => {
      const row = left.shift();
      if (row) this.#make(this.#desk.row(row.id) ?? row, args);
      job.done += 1;
      job.added += 1;
      const status = left.length > 0 ? "running" : "done";
      if (status === "done") clearInterval(tick);
      this.#desk.commit([{ op: "job", row: { ...job, status } }]);
    }, this.every);
    return { job: job.id, status: "running" };
  }

  #make(row: SampleRow, args: Args): void {
    const own = this.#own(row);
    const now = own.versions.find((version) => version.n === row.version) as VersionView;
    const wish = args.guidance ? `, “${args.guidance}”` : "";
    const old = now.output;
    const shorter =
      typeof old === "string"
        ? old.replace(/^\S+ /, "")
        : {
            ...(old as object),
            urgency: "high",
            advice: shorten(String((old as { advice: string }).advice)),
          };
    const made = this.#version(own, {
      origin: "regenerated",
      input: now.input,
      output: shorter,
      by: `regenerated by gpt-6-luna${wish}`,
      made: body(row).versions[0]?.made ?? [],
      problem: null,
    });
    if (row.status === "kept") {
      own.proposal = made.n;
      this.#desk.commit([put({ ...row, proposal: true })]);
    } else {
      this.#desk.commit([
        put({
          ...row,
          version: made.n,
          origin: "regenerated",
          status: "draft",
          stale: false,
          output: shown(shorter),
        }),
      ]);
    }
  }
}

function shorten(text: string): string {
  return `In short: ${text.replace(/ (?:for|with|before|after|at) .*$/, ".").replace("the ", "that ")}`;
}
