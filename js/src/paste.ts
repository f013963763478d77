/**
 * Reads a pasted list as topic paths: a topic a line, deeper indentation below the line above it. Bullets and
 * numbers in front are dropped; a comma belongs to the name.
 */
export function pathsIn(text: string, under: readonly string[] = []): string[][] {
  const paths: string[][] = [];
  const open: { indent: number; name: string }[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const name = line
      .trim()
      .replace(/^(?:[-*+•–]|\d+[.)])\s+/, "")
      .trim()
      .slice(0, 500);
    if (!name) continue;
    const indent = width(line);
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
    open.push({ indent, name });
    paths.push([...under, ...open.map((each) => each.name)]);
  }
  return paths;
}

function width(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === " ") columns += 1;
    else if (character === "\t") columns += 4;
    else break;
  }
  return columns;
}
