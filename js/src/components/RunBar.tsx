import type { JSX } from "preact";
import { refusal, run, send } from "../actions";
import { iconOf } from "../icons";
import type { JobRow, Progress } from "../protocol.gen";
import type { View } from "../view";
import { compact, count, rate, some, stepName, timeLeft } from "../words";
import { Button, GAP, IconButton, Press } from "./bits";

/** What the slot under the top bar shows: a running job, one that was interrupted, or why one ended early. */
export function barOf(view: View): { kind: "running" | "interrupted" | "ended"; job: JobRow } | null {
  const { replica } = view;
  replica.jobsAt.value;
  const dismissed = view.dismissed.value;
  const running = view.running.value.at(-1);
  if (running) return { kind: "running", job: running };
  const ended = view.ended.value;
  if (ended && !dismissed.has(ended.id)) return { kind: "ended", job: ended };
  const jobs = [...replica.jobs.values()].reverse();
  const job = jobs.find((each) => each.status === "interrupted" && each.owed > 0 && !dismissed.has(each.id));
  return job ? { kind: "interrupted", job } : null;
}

export function RunBar({ view }: { view: View }): JSX.Element | null {
  const bar = barOf(view);
  if (!bar) return null;
  return bar.kind === "running" ? <Running view={view} job={bar.job} /> : <Ended view={view} job={bar.job} />;
}

function Running({ view, job }: { view: View; job: JobRow }): JSX.Element {
  const all = view.replica.progress.value;
  const progress = all.get(job.id);
  const jobs = view.running.value;
  const sum = (of: (each: JobRow | Progress) => number) =>
    jobs.reduce((total, each) => total + of(all.get(each.id) ?? each), 0);
  const [done, total] = [sum((each) => each.done), sum((each) => each.total)];
  const [failed, tokens] = [sum((each) => each.failed), sum((each) => each.tokens)];
  const several = jobs.length > 1;
  const step = several ? `${count(jobs.length)} running` : stepName(progress?.step ?? job.kind);
  const share = total > 0 ? Math.min(100, (100 * done) / total) : 0;
  const waiting = progress?.waiting;
  const no = refusal(view);
  return (
    <div class="sw-run" role="group" aria-label={`Job: ${step}`}>
      <span class="sw-ico-t">
        {iconOf("spin", 16, "sw-spin sw-c-accent")}
        <Press
          class="sw-strong"
          menu
          open={view.open.value === "jobs"}
          title="All jobs"
          onPress={() => run(view, "jobs")}
        >
          {step}
        </Press>
      </span>
      <span>
        <b class="sw-strong">{count(done)}</b>
        <span class="sw-muted"> of {count(total)}</span>
      </span>
      <span
        class="sw-prog"
        role="progressbar"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
        aria-label={step}
      >
        <i style={{ width: `${share}%` }} />
      </span>
      {waiting ? (
        <span class="sw-c-warn sw-ell sw-shrink" title={waiting}>
          {waiting}
        </span>
      ) : (
        <>
          {!several && progress && progress.rate > 0 && (
            <span class="sw-muted sw-hide-n">{rate(progress.rate)}</span>
          )}
          {!several && progress?.eta != null && <span class="sw-hide-n">{timeLeft(progress.eta)}</span>}
        </>
      )}
      {tokens > 0 && <span class="sw-sep sw-hide-m" />}
      {tokens > 0 && (
        <span class="sw-muted sw-hide-m">
          {compact(tokens)} tokens{!several && progress?.cost && ` · ${progress.cost}`}
        </span>
      )}
      {failed > 0 && <Failures view={view} failed={failed} />}
      <Button
        icon="stop"
        class="sw-btn--sm"
        off={no}
        title="What is finished stays"
        onPress={() => void send(view, "stop", { job: several ? null : job.id })}
      >
        {several ? "Stop all" : "Stop"}
      </Button>
    </div>
  );
}

function Failures({ view, failed }: { view: View; failed: number }): JSX.Element {
  return (
    <Press
      class="sw-btn sw-btn--sm sw-btn--quiet sw-c-failed"
      title="Show the failed samples"
      onPress={() => view.show("failed")}
    >
      {iconOf("failed", 14)}
      {count(failed)} failed
    </Press>
  );
}

function Ended({ view, job }: { view: View; job: JobRow }): JSX.Element {
  const dismiss = () => {
    view.dismissed.value = new Set(view.dismissed.value).add(job.id);
  };
  const resume = () => {
    dismiss();
    run(view, "resume");
  };
  const failed = job.status === "done" ? job.failed : 0;
  return (
    <div class="sw-run" role="status">
      <span class="sw-ico-t sw-shrink">
        {iconOf(
          job.status === "done" ? "info" : "warn",
          16,
          job.status === "done" ? "sw-muted" : "sw-c-warn",
        )}
        <span class="sw-clamp" style={{ "--n": 3, whiteSpace: "normal" }} title={job.note ?? undefined}>
          <b class="sw-strong">{headline(job)}</b>
          {job.note && <span class="sw-muted"> {job.note}</span>}
        </span>
      </span>
      {GAP}
      {failed > 0 && <Failures view={view} failed={failed} />}
      {job.owed > 0 && (
        <Button icon="play" class="sw-btn--sm" off={refusal(view)} onPress={resume}>
          {`Resume ${count(job.owed)}`}
        </Button>
      )}
      <IconButton icon="x" label="Dismiss" class="sw-icon-btn--sm" onPress={dismiss} />
    </div>
  );
}

function headline(job: JobRow): string {
  const left = job.owed > 0 ? `: ${some(job.owed, "item")} left` : "";
  switch (job.status) {
    case "interrupted":
      return `A job was interrupted${left}.`;
    case "stopped":
      return `Generation stopped${left}.`;
    case "cancelled":
      return `Stopped by you${left}.`;
    default:
      return `Done: ${some(job.added, "item")} added.`;
  }
}
