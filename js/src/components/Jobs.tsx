import type { JSX } from "preact";
import { refusal, run, send } from "../actions";
import { type IconName, iconOf } from "../icons";
import type { JobRow } from "../protocol.gen";
import type { View } from "../view";
import { compact, count, dateOf, lasting, some } from "../words";
import { Button, GAP, Link } from "./bits";
import { Popover } from "./Popover";

const KINDS: Readonly<Record<string, string>> = {
  grow: "Topics and samples",
  topics: "Topics",
  inputs: "Inputs",
  outputs: "Outputs",
  regenerate: "Regeneration",
};
const ENDS: Record<JobRow["status"], [IconName, string, string]> = {
  running: ["spin", "sw-spin sw-c-accent", "running"],
  done: ["check", "sw-c-kept", "done"],
  cancelled: ["stop", "sw-muted", "stopped by you"],
  stopped: ["warn", "sw-c-warn", "stopped"],
  interrupted: ["warn", "sw-c-warn", "interrupted"],
};

/** Everything that was generated here, the newest first. */
export function Jobs({ view }: { view: View }): JSX.Element {
  const { replica } = view;
  replica.jobsAt.value;
  const jobs = [...replica.jobs.values()].sort((a, b) => b.started - a.started);
  const owed = jobs.reduce((sum, job) => sum + (job.status === "running" ? 0 : job.owed), 0);
  const resume = () => {
    view.close();
    run(view, "resume");
  };
  return (
    <Popover view={view} label="Jobs" class="sw-plan">
      <div class="sw-plan-in">
        <div class="sw-plan-row">
          <h2 class="sw-plan-title">Jobs</h2>
          {GAP}
          {owed > 0 && (
            <Button
              icon="play"
              class="sw-btn--sm"
              off={refusal(view)}
              title={`About ${some(owed, "model call")}`}
              onPress={resume}
            >
              {`Resume ${count(owed)}`}
            </Button>
          )}
        </div>
        {jobs.length === 0 && <p class="sw-muted">Nothing was generated yet.</p>}
        <ul class="sw-jobs" data-sw-first tabIndex={-1}>
          {jobs.map((job) => (
            <Job key={job.id} view={view} job={job} />
          ))}
        </ul>
      </div>
    </Popover>
  );
}

function Job({ view, job }: { view: View; job: JobRow }): JSX.Element {
  const running = job.status === "running";
  const progress = running ? view.replica.progress.value.get(job.id) : undefined;
  const { done, total, failed, tokens, cost } = progress ?? job;
  const [icon, tint, word] = ENDS[job.status];
  const took = job.ended === null ? "" : `, ${lasting(job.ended - job.started)}`;
  const rest = [
    job.dropped > 0 && `${some(job.dropped, "repeat")} dropped`,
    tokens > 0 && `${compact(tokens)} tokens`,
    cost,
    !running && job.owed > 0 && `${count(job.owed)} left`,
    job.models.join(", "),
  ];
  return (
    <li>
      <div class="sw-sec-h">
        {iconOf(icon, 14, tint)}
        <b>{KINDS[job.kind] ?? job.kind}</b>
        <span class="sw-muted sw-ell">{word}</span>
        {GAP}
        <span class="sw-faint sw-small">
          {dateOf(job.started)}
          {took}
        </span>
        {running && (
          <Button
            icon="stop"
            class="sw-btn--sm"
            off={refusal(view)}
            onPress={() => void send(view, "stop", { job: job.id })}
          >
            Stop
          </Button>
        )}
      </div>
      <p class="sw-small sw-muted">
        {`${count(done)} of ${count(total)}`}
        {failed > 0 && (
          <>
            {" · "}
            <Link onPress={() => showFailed(view)}>{count(failed)} failed</Link>
          </>
        )}
        {rest
          .filter(Boolean)
          .map((part) => ` · ${part}`)
          .join("")}
      </p>
      {job.guidance && (
        <p class="sw-small sw-ell" dir="auto" title={job.guidance}>
          “{job.guidance}”
        </p>
      )}
      {job.note && <p class={`sw-small sw-wrap ${job.owed > 0 ? "sw-c-warn" : "sw-muted"}`}>{job.note}</p>}
    </li>
  );
}

function showFailed(view: View): void {
  view.close();
  view.uncut();
  view.show("failed");
  view.focusOn("grid");
}
