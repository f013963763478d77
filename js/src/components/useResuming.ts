import { useEffect, useState } from "preact/hooks";
import { toSend } from "../plan";
import type { EstimateView } from "../protocol.gen";
import { refusal } from "../send";
import type { View } from "../view";

/** What Resume would send, and to whom: "400 model calls to openai/gpt-6-luna, $1.20 – $2.40". Null while unknown. */
export function useResuming(view: View): string | null {
  const [says, setSays] = useState<string | null>(null);
  view.replica.jobsAt.value;
  const jobs = [...view.replica.jobs.values()].filter((job) => job.owed > 0 && job.status !== "running");
  const key = JSON.stringify([
    jobs.map((job) => [job.id, job.owed]),
    view.replica.studio.value?.models,
    refusal(view),
  ]);
  useEffect(() => {
    let stale = false;
    setSays(null);
    if (jobs.length > 0 && !refusal(view)) {
      view.line.cmd("estimate_resume", {}).then(
        (answer) => stale || setSays(toSend(answer as EstimateView)),
        () => undefined, // what keeps it from being known is said when it is pressed
      );
    }
    return () => {
      stale = true;
    };
  }, [key]);
  return says;
}
