import type { JSX } from "preact";
import { refusal, run, send } from "../actions";
import { type IconName, iconOf } from "../icons";
import type { JobRow } from "../protocol.gen";
import { said, shown } from "../shown";
import type { View } from "../view";
import { compact, count, rate, sentence, timeLeft } from "../words";
import { Button, GAP, IconButton, Press } from "./bits";
import { useResuming } from "./useResuming";

/** What the slot under the top bar shows: a running job, one that was interrupted, or why one ended early. */
export function barOf(view: View): JobRow | null {
  const { replica } = view;
  replica.jobsAt.value;
  const isOpen = (job: JobRow | null) => job !== null && !view.dismissed.value.has(job.id);
  const running = view.running.value.at(-1);
  if (running) return running;
  const ended = view.ended.value;
  if (isOpen(ended)) return ended;
  return [...replica.jobs.values()].reverse().find((job) => job.owed > 0 && isOpen(job)) ?? null;
}

export function RunBar({ view }: { view: View }): JSX.Element | null {
  const job = barOf(view);
  if (!job) return null;
  return job.status === "running" ? <Running view={view} job={job} /> : <Ended view={view} job={job} />;
}

function Running({ view, job }: { view: View; job: JobRow }): JSX.Element {
  const progress = view.replica.progress.value;
  const jobs = view.running.value;
  const all = jobs.map((each) => ({ rate: 0, eta: 0, waiting: null, ...each, ...progress.get(each.id) }));
  const sum = (what: "done" | "total" | "failed" | "tokens" | "rate") =>
    all.reduce((total, each) => total + each[what], 0);
  const [done, total, failed, tokens, speed] = [
    sum("done"),
    sum("total"),
    sum("failed"),
    sum("tokens"),
    sum("rate"),
  ];
  const left = Math.max(...all.map((each) => each.eta ?? 0));
  const last = progress.get(job.id);
  const several = jobs.length > 1;
  const step = several ? `${count(jobs.length)} running` : last ? sentence(last.step) : job.title;
  const share = total > 0 ? Math.min(100, (100 * done) / total) : 0;
  const paused = jobs.every((each) => each.paused);
  const waiting = paused ? "Paused" : last?.waiting;
  return (
    <div class="sw-run" role="group" aria-label={`Job: ${step}`}>
      <span class="sw-ico-t">
        {paused ? iconOf("pause", 16, "sw-c-warn") : iconOf("spin", 16, "sw-spin sw-c-accent")}
        <Press
          class="sw-strong"
          menu
          open={view.open.value === "jobs"}
          title="All jobs"
          onPress={() => run(view, "jobs")}
        >
          {said(step)}
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
          {said(waiting)}
        </span>
      ) : (
        <>
          {speed > 0 && <span class="sw-muted sw-hide-n">{rate(speed)}</span>}
          {left > 0 && <span class="sw-hide-n">{timeLeft(left)}</span>}
        </>
      )}
      {tokens > 0 && <span class="sw-sep sw-hide-m" />}
      {tokens > 0 && (
        <span class="sw-muted sw-hide-m">
          {compact(tokens)} tokens{!several && last?.cost && ` · ${last.cost}`}
        </span>
      )}
      {failed > 0 && <Failures view={view} failed={failed} />}
      <Controls view={view} jobs={jobs} />
    </div>
  );
}

/** Pauses and cancels jobs: these, which are one or all that run. */
export function Controls({ view, jobs }: { view: View; jobs: readonly JobRow[] }): JSX.Element {
  const on = jobs.some((each) => !each.paused);
  const [job, all] = jobs.length > 1 ? [null, " all"] : [jobs[0]?.id ?? null, ""];
  const button = (icon: IconName, word: string, act: () => unknown) => (
    <Button icon={icon} class="sw-btn--sm" off={refusal(view)} onPress={act as () => void}>
      {word + all}
    </Button>
  );
  return (
    <>
      {button(on ? "pause" : "play", on ? "Pause" : "Resume", () => send(view, "pause", { job, on }))}
      {button("stop", "Stop", () => send(view, "cancel", { job }))}
    </>
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

/** Says that a job asks a model that is none of the studio's now. */
export function OtherModel({ view, job }: { view: View; job: JobRow }): JSX.Element | null {
  const models = view.replica.studio.value?.models ?? [];
  if (!job.own_model || models.includes(job.own_model)) return null;
  return (
    <span class="sw-c-warn">
      {" It asks "}
      <bdi>{shown(job.own_model)}</bdi>, which is not this studio’s model.
    </span>
  );
}

function Ended({ view, job }: { view: View; job: JobRow }): JSX.Element {
  const dismiss = () => {
    view.dismissed.value = new Set(view.dismissed.value).add(job.id);
  };
  const resume = async () => {
    if (await send(view, "resume", {})) dismiss();
  };
  const says = useResuming(view);
  const failed = job.status === "done" ? job.failed : 0;
  return (
    <div class="sw-run" role="status">
      <span class="sw-ico-t sw-shrink">
        {job.status === "done" ? iconOf("info", 16, "sw-muted") : iconOf("warn", 16, "sw-c-warn")}
        <span class="sw-clamp" style={{ "--n": 3, whiteSpace: "normal" }} title={job.note ?? undefined}>
          <b class="sw-strong">{said(job.headline)}</b>
          {job.note && <span class="sw-muted"> {said(job.note)}</span>}
          {job.owed > 0 && <OtherModel view={view} job={job} />}
          {job.owed > 0 && says && <span class="sw-muted">{said(` Resume sends ${says}.`)}</span>}
        </span>
      </span>
      {GAP}
      {failed > 0 && <Failures view={view} failed={failed} />}
      {job.owed > 0 && (
        <Button
          icon="play"
          class="sw-btn--sm"
          off={refusal(view)}
          title={says ?? undefined}
          onPress={() => void resume()}
        >
          {`Resume ${count(job.owed)}`}
        </Button>
      )}
      <IconButton icon="x" label="Dismiss" class="sw-icon-btn--sm" onPress={dismiss} />
    </div>
  );
}
