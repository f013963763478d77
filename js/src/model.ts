import { atEnd } from "./events";

/** What we use of anywidget's model. */
export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown): void;
  on(name: string, callback: (...args: never[]) => void): void;
  off(name: string, callback: (...args: never[]) => void): void;
  widget_manager?: unknown;
}

/** Binds a listener to a model for as long as the signal lasts. */
export function listen(
  model: Model,
  name: string,
  callback: (...args: never[]) => void,
  signal: AbortSignal,
): void {
  if (signal.aborted) return;
  model.on(name, callback);
  atEnd(signal, () => model.off(name, callback));
}

interface KernelLike {
  status?: string;
  statusChanged?: {
    connect(slot: (sender: unknown, status: string) => void): boolean;
    disconnect(slot: (sender: unknown, status: string) => void): boolean;
  };
}

/** Whether the host shows a kernel at all: those that do also save what their widgets show. */
export function kernelOf(model: Model): KernelLike | null {
  return (model.widget_manager as { kernel?: KernelLike | null } | undefined)?.kernel ?? null;
}

const ENDED = new Set(["dead", "restarting", "autorestarting", "terminating"]);

/**
 * Tells when the kernel has ended, as far as the host lets us see: JupyterLab's and Notebook's widget manager shows
 * its kernel, others do not.
 */
export function onKernelEnd(model: Model, ended: () => void, signal: AbortSignal): void {
  const kernel = kernelOf(model);
  if (!kernel) return;
  if (kernel.status === "dead") ended();
  const slot = (_: unknown, status: string) => {
    if (ENDED.has(status)) ended();
  };
  kernel.statusChanged?.connect(slot);
  atEnd(signal, () => kernel.statusChanged?.disconnect(slot));
}
