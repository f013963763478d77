import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { refusal, run, send } from "../actions";
import { type IconName, iconOf } from "../icons";
import type { EstimateView, JobRow } from "../protocol.gen";
import { said, shown } from "../shown";
import type { View } from "../view";
import { compact, count, dateOf, lasting, some } from "../words";
import { Button, GAP, Link } from "./bits";
import { Stepper } from "./Plan";
import { Popover } from "./Popover";
import { Controls, OtherModel } from "./RunBar";
import { Spend } from "./Spend";
import { useResuming } from "./useResuming";

const ENDS: Record<JobRow["status"] | "paused", [IconName, string, string]> = {
  paused: ["pause", "sw-c-warn", "paused"],
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
  const owed = jobs.reduce((sum, job) => sum + (job.status === "running" && !job.paused ? 0 : job.owed), 0);
  const says = useResuming(view);
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
              title={says ?? undefined}
              onPress={resume}
            >
              {`Resume ${count(owed)}`}
            </Button>
          )}
        </div>
        {owed > 0 && says && <p class="sw-small sw-muted sw-wrap">{`Resume sends ${says}.`}</p>}
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
  const [icon, tint, word] = ENDS[job.paused ? "paused" : job.status];
  const took = job.ended === null ? "" : `, ${lasting(job.ended - job.started)}`;
  const rest = [
    job.dropped > 0 && `${some(job.dropped, "repeat")} dropped`,
    tokens > 0 && `${compact(tokens)} tokens`,
    cost,
    !running && job.owed > 0 && `${count(job.owed)} left`,
    job.models.map((model) => shown(model)).join(", "),
  ];
  return (
    <li>
      <div class="sw-sec-h">
        {iconOf(icon, 14, tint)}
        <b>{shown(job.title)}</b>
        <span class="sw-muted sw-ell">{word}</span>
        {GAP}
        {running ? (
          <Controls view={view} jobs={[job]} />
        ) : (
          <span class="sw-faint sw-small">
            {dateOf(job.started)}
            {took}
          </span>
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
          {shown(job.guidance)}
        </p>
      )}
      <Repeat view={view} job={job} />
      {job.owed > 0 && <OtherModel view={view} job={job} />}
      {job.note && (
        <p class={`sw-small sw-wrap ${job.owed > 0 ? "sw-c-warn" : "sw-muted"}`}>{said(job.note)}</p>
      )}
    </li>
  );
}

/** The same once more, on top of what is there now: how many times, and then what it takes. */
function Repeat({ view, job }: { view: View; job: JobRow }): JSX.Element {
  const [asked, setAsked] = useState({ job: job.id, n: 0 });
  const [plan, setPlan] = useState<{ of?: object; ok?: unknown }>({});
  const ask = async (n: number) => {
    const of = { job: job.id, n };
    setAsked(of);
    setPlan({ of, ...(await send(view, "estimate_repeat", of)) });
  };
  if (!asked.n) {
    return (
      <Link class="sw-small" off={refusal(view)} onPress={() => void ask(1)}>
        Repeat …
      </Link>
    );
  }
  const { calls, samples, topics } = (plan.of === asked && plan.ok ? plan.ok : {}) as Partial<EstimateView>;
  return (
    <div class="sw-plan-foot">
      <Stepper part="times" label="Times" value={asked.n} set={(n) => void ask(n)} />
      {calls && (
        <Spend
          view={view}
          calls={calls[0] ?? 0}
          icon="play"
          word={`Generate ${samples ? some(samples, "sample") : some(topics ?? 0, "topic")}`}
          onSend={async () => {
            if (await send(view, "repeat", asked)) view.goBack();
          }}
        />
      )}
    </div>
  );
}

function showFailed(view: View): void {
  view.close();
  view.uncut();
  view.show("failed");
  view.focusOn("grid");
}
