import type { JSX } from "preact";

const RING = "M8 13.5A5.5 5.5 0 1 0 8 2.5a5.5 5.5 0 0 0 0 11z";
const WIDE_RING = "M8 13.8A5.8 5.8 0 1 0 8 2.2a5.8 5.8 0 0 0 0 11.6z";
const DOT = "M8 8h.02";
/** Six dashes around a ring. */
const BROKEN = "3 2.76";

/** Drawn for this on 16 × 16, stroke 1.5, round ends. */
const PATHS = {
  check: "M3.5 8.5l3 3 6-7",
  x: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  skip: "M4 4.5v7l5.5-3.5zM12 4.5v7",
  edit: "M10.5 3.3l2.2 2.2L6 12.2l-2.8.6.6-2.8z",
  regenerate: "M13 8a5 5 0 1 1-1.5-3.6M13 2.5v3h-3",
  undo: "M5.5 3.5L3 6l2.5 2.5M3 6h6.2a3.4 3.4 0 0 1 0 6.8H6.5",
  redo: "M10.5 3.5L13 6l-2.5 2.5M13 6H6.8a3.4 3.4 0 0 0 0 6.8h2.7",
  help: `${WIDE_RING}M6.4 6.5a1.65 1.65 0 1 1 2.4 1.5c-.5.3-.8.6-.8 1.2M8 11.1v.02`,
  rows: "M2.5 4h11M2.5 8h11M2.5 12h11",
  card: "M2.5 3.5h11v9h-11zM5 6.5h6M5 9.5h4",
  plus: "M8 3.5v9M3.5 8h9",
  minus: "M3.5 8h9",
  play: "M5 3.5v9l7-4.5z",
  stop: "M4 4h8v8H4z",
  pause: "M5.5 4v8M10.5 4v8",
  more: "M3.5 8h.02M8 8h.02M12.5 8h.02",
  copy: "M5.8 5.8h7v7h-7zM3.2 10.2v-7h7",
  hourglass: "M4.3 2.5h7.4M4.3 13.5h7.4M5.5 2.5v2.2L8 8l2.5-3.3V2.5M5.5 13.5v-2.2L8 8l2.5 3.3v2.2",
  warn: "M8 2.8L14 13H2zM8 6.6v3M8 11.3v.02",
  failed: "M5.6 2.5h4.8l3.1 3.1v4.8l-3.1 3.1H5.6l-3.1-3.1V5.6zM8 5.3v3.2M8 10.7v.02",
  kept: `${RING}M5.6 8.2l1.7 1.7 3.1-3.6`,
  rejected: `${RING}M6.2 6.2l3.6 3.6M9.8 6.2L6.2 9.8`,
  draft: RING + DOT,
  pending: RING,
  info: `${WIDE_RING}M8 7.4v3.4M8 5.1v.02`,
  filter: "M2.5 4h11M4.5 8h7M6.5 12h3",
  sort: "M5 3v10M2.8 10.8L5 13l2.2-2.2M11 13V3M8.8 5.2L11 3l2.2 2.2",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  search: "M7 11.3a4.3 4.3 0 1 0 0-8.6 4.3 4.3 0 0 0 0 8.6zM10.2 10.2l3.3 3.3",
  export: "M8 2.5v7.3M5 7l3 3 3-3M3 12.8h10",
  trash: "M3 4.5h10M6.3 4.5v-2h3.4v2M4.4 4.5l.6 8.7h6l.6-8.7",
  up: "M8 13V3.5M4 7.3l4-4 4 4",
  down: "M8 3v9.5M4 8.7l4 4 4-4",
  left: "M13 8H3.5M7.3 4l-4 4 4 4",
  right: "M3 8h9.5M8.7 4l4 4-4 4",
  star: "M8 2.4l1.7 3.5 3.8.5-2.8 2.7.7 3.8L8 11.1l-3.4 1.8.7-3.8L2.5 6.4l3.8-.5z",
  diff: "M2.5 3.5h11v9h-11zM8 3.5v9",
  chev: "M6 3.8L10.2 8 6 12.2",
  chevd: "M3.8 6L8 10.2 12.2 6",
  model:
    "M4.5 4.5h7v7h-7zM6.5 2.2v2.3M9.5 2.2v2.3M6.5 11.5v2.3M9.5 11.5v2.3M2.2 6.5h2.3M2.2 9.5h2.3M11.5 6.5h2.3M11.5 9.5h2.3",
  guidance: `${WIDE_RING}M10.4 5.6L9 9l-3.4 1.4L7 7z`,
  saved: "M3 3h7.8L13 5.2V13H3zM5.5 3v3.2h4.2V3M5 13V9.3h6V13",
  low: "M4.5 2.5h7v11h-7zM4.5 10.3h7",
  spin: "M8 2.5A5.5 5.5 0 1 1 2.5 8",
  tree: "M3 3.5h4M5 3.5v8.7h3M5 7.8h3M9.8 7.8H13M9.8 12.2H13",
  keys: "M2 4.5h12v7H2zM4.8 7h.02M8 7h.02M11.2 7h.02M5.5 9.3h5",
  task: "M3 4.4l1.1 1.1L6 3.3M8.5 4.5H13M3 10.9l1.1 1.1L6 9.8M8.5 11H13",
  prompt: "M3 4.5L6.5 8 3 11.5M8.5 12H13",
  lock: "M4 7.3h8v5.7H4zM5.5 7.3V5.4a2.5 2.5 0 0 1 5 0v1.9",
} as const;

export type IconName = keyof typeof PATHS;

export function isIcon(name: string | null): name is IconName {
  return name !== null && name in PATHS;
}

/** An icon. `label` is said by a screen reader; without it the word beside the icon says all. */
export function iconOf(name: IconName, px: 12 | 14 | 16 = 16, more = "", label?: string): JSX.Element {
  const said = label === undefined ? { "aria-hidden": true } : { role: "img" as const, "aria-label": label };
  const sized = px === 16 ? "" : ` sw-i--${px}`;
  return (
    <svg viewBox="0 0 16 16" class={`sw-i${sized} ${more}`} {...said}>
      <path d={PATHS[name]} stroke-dasharray={name === "pending" ? BROKEN : undefined} />
      {name === "draft" && <path d={DOT} stroke-width="3" />}
    </svg>
  );
}
