/** What is said of an error that a part of the widget met when it was drawn. Pure. */

/** The package's version, which the build puts in. */
declare const VERSION: string;

const MOST_FRAMES = 12;

export interface Failure {
  message: string;
  /** For a report: which part, which error, where in which version. Nothing of a person's data. */
  details: string;
}

export function describe(error: unknown, part: string): Failure {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const lines = [
    `synth_widgets ${VERSION}`,
    `Part: ${part}`,
    `${name}: ${withoutQuotes(message)}`,
    ...framesOf(stack ?? ""),
  ];
  return { message: `${name}: ${message}`, details: lines.join("\n") };
}

/** A message without what it quotes: a parser quotes the text that it could not read. */
function withoutQuotes(message: string): string {
  return message.replace(/"[^"]*"?|“[^”]*”?|`[^`]*`?/g, "…");
}

/** Lines of a stack, as Chromium's or the others' engines write them, with our file's name instead of its address. */
function framesOf(stack: string): string[] {
  return stack
    .split("\n")
    .filter((line) => /^\s+at |@/.test(line) && /:\d+:\d+\)?$/.test(line))
    .slice(0, MOST_FRAMES)
    .map((line) => line.trim().replace(/[^\s(@]*(?=:\d+:\d+\)?$)/, "widget.js"));
}
