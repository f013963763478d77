import { useState } from "preact/hooks";

export interface Sending {
  /** Why nothing can be sent now: something is on its way. */
  off: string | null;
  /** Sends nothing more until this has its answer. */
  wait: (answer: Promise<unknown>) => Promise<void>;
}

/** Keeps a form from being sent twice while it waits for the kernel, or for a person to confirm it. */
export function useSending(): Sending {
  const [waits, setWaits] = useState(false);
  const wait = async (answer: Promise<unknown>) => {
    setWaits(true);
    await answer.finally(() => setWaits(false));
  };
  return { off: waits ? "It is being sent." : null, wait };
}
