import type { JobRow } from "../src/protocol.gen";
import { id, STUDIO } from "./data";

/** A job as the list of them shows it. */
export function jobRow(kind: string, status: JobRow["status"], more: Partial<JobRow> = {}): JobRow {
  return {
    id: id(80_000),
    kind,
    title: kind,
    headline: "",
    models: [STUDIO.model],
    own_model: null,
    guidance: "",
    started: Date.now() / 1000,
    ended: status === "running" ? null : Date.now() / 1000,
    status,
    paused: false,
    done: 0,
    total: 0,
    added: 0,
    failed: 0,
    dropped: 0,
    tokens: 0,
    cost: "",
    owed: 0,
    note: null,
    ...more,
  };
}

/** Jobs of before, of every kind and end. */
export function history(): JobRow[] {
  const ago = (minutes: number) => Date.now() / 1000 - 60 * minutes;
  const rows = [
    jobRow("topics", "done", {
      started: ago(190),
      ended: ago(189),
      total: 16,
      done: 16,
      added: 16,
      tokens: 5210,
    }),
    jobRow("grow", "done", {
      started: ago(180),
      ended: ago(171),
      total: 240,
      done: 240,
      added: 231,
      failed: 9,
      dropped: 4,
      tokens: 142_310,
      cost: "$0.19",
      guidance: "Topics, inputs: More business customers; amounts in €, £ and CHF.",
      models: ["openai/gpt-6-luna", "openai/gpt-6.1-terra"],
      note: "4 repeats were dropped.",
    }),
    jobRow("regenerate", "cancelled", {
      started: ago(62),
      ended: ago(61),
      total: 12,
      done: 5,
      added: 5,
      tokens: 2540,
      owed: 7,
    }),
    jobRow("outputs", "stopped", {
      started: ago(14),
      ended: ago(13),
      total: 40,
      done: 22,
      added: 20,
      failed: 2,
      tokens: 11_020,
      owed: 18,
      note: "The key was refused (401). Set OPENAI_API_KEY and resume.",
    }),
  ];
  return rows.map((row, at) => ({ ...row, id: id(70_000 + at) }));
}
