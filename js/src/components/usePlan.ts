import { useEffect, useState } from "preact/hooks";
import { grow, refusal } from "../actions";
import { askLater } from "../events";
import { type Aim, aimed, growArgs, type Shape, type Where } from "../plan";
import type { EstimateView } from "../protocol.gen";
import type { View } from "../view";
import { useSending } from "./useSending";

const DEBOUNCE = 150;

export interface Plan {
  shape: Shape;
  setShape: (shape: Shape) => void;
  guidance: string;
  setGuidance: (text: string) => void;
  /** What the guidance is for. */
  aim: Aim;
  setAim: (aim: Aim) => void;
  /** False: only inputs, to be reviewed before their outputs are paid for. */
  outputs: boolean;
  setOutputs: (outputs: boolean) => void;
  /** What the kernel says that this shape would take, null while it has not said. */
  estimate: EstimateView | null;
  /** Why it cannot be sent. */
  off: string | null;
  send: () => void;
}

/** A generation that is being put together: its shape, its guidance, and what it would take, live. */
export function usePlan(view: View, under: readonly string[], start: Shape, where: Where = ""): Plan {
  const [shape, putShape] = useState(start);
  const [guidance, setGuidance] = useState("");
  const [aim, setAim] = useState<Aim>("");
  const [outputs, putOutputs] = useState(true);
  const [estimate, setEstimate] = useState<EstimateView | null>(null);
  const sending = useSending();
  const args = growArgs(shape, under, aimed(guidance, aim), outputs, where);
  const key = JSON.stringify([under, args.depth, args.topics, shape.samples, outputs, where]);
  view.replica.samplesAt.value;
  const blocked = refusal(view);

  useEffect(() => {
    if (blocked) return;
    return askLater(
      () => view.line.cmd("estimate", args),
      DEBOUNCE,
      (answer) => setEstimate(isEstimate(answer) ? answer : null),
      (error) => view.toasts.warn(error.message),
    );
  }, [key, blocked]);

  const setShape = (next: Shape) => {
    setEstimate(null);
    putShape(next);
  };
  const setOutputs = (next: boolean) => {
    setEstimate(null);
    putOutputs(next);
  };
  const missing = estimate !== null && estimate.samples === 0 && estimate.topics === 0;
  const lost = guidance.trim() !== "" && aim === "outputs" && !outputs;
  const off =
    blocked ??
    sending.off ??
    (missing ? "Nothing is missing here. Raise a number." : null) ??
    (lost ? "The guidance is for outputs, and this makes inputs only." : null);
  const send = () => {
    if (off) view.toasts.say(off);
    else void sending.wait(grow(view, args));
  };
  return {
    shape,
    setShape,
    guidance,
    setGuidance,
    aim,
    setAim,
    outputs,
    setOutputs,
    estimate,
    off,
    send,
  };
}

function isEstimate(answer: unknown): answer is EstimateView {
  return typeof answer === "object" && answer !== null && "calls" in answer && "samples" in answer;
}
