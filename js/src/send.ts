import type { WireArgs, WireName } from "./commands.gen";
import type { EstimateView } from "./protocol.gen";
import { CommandError, GONE, NO_ANSWER } from "./transport";
import type { View } from "./view";

/** Why a command that goes to the kernel cannot be given now, or null. A held file can be read. */
export function refusal(view: View, reads = false): string | null {
  const studio = view.replica.studio.value;
  const line = view.line.line.value;
  if (line.state === "gone") return GONE;
  if (line.state === "saved") return line.kernel ? NO_ANSWER : "Read-only. Run the cell to go on.";
  if (!studio) return NO_ANSWER;
  return studio.read_only && !reads ? `Read-only: ${studio.read_only}` : null;
}

/** Says why nothing can be sent now, if so. */
export function isRefused(view: View): boolean {
  const no = refusal(view);
  if (no) view.toasts.warn(no);
  return no !== null;
}

/**
 * Sends a command; what goes wrong is said in the status bar. What spends much is sent once a person has confirmed what
 * the kernel says of it. Returns the kernel's answer, or null.
 */
export async function send<Name extends WireName>(
  view: View,
  name: Name,
  args: WireArgs[Name],
  refused: (message: string) => void = (message) => view.toasts.warn(message),
): Promise<{ ok: unknown } | null> {
  if (isRefused(view)) return null;
  try {
    return { ok: await view.line.cmd(name, args) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { estimate, message } = error;
    if (estimate) {
      if (!(await isConfirmed(view, message, estimate))) return null;
      const { calls, cost, models } = estimate;
      return send(view, name, { ...args, confirmed: { calls, cost, models } }, refused);
    }
    if (error.kind !== "gone") refused(error.message);
    return null;
  }
}

/** Asks a person whether that much is to be sent. A new question takes the place of one that was not answered. */
function isConfirmed(view: View, why: string, estimate: EstimateView): Promise<boolean> {
  view.question.value?.answer(false);
  return new Promise((resolve) => {
    const answer = (yes: boolean) => {
      view.question.value = null;
      resolve(yes);
    };
    view.question.value = { why, estimate, answer };
  });
}

/** `keep` and `edit` answer with the samples that they did not take, and why; `check` with fields and why. */
export function refusals(ok: unknown): [string, string][] {
  if (typeof ok !== "object" || ok === null) return [];
  return Object.entries(ok).filter((entry): entry is [string, string] => typeof entry[1] === "string");
}
