const grouped = new Intl.NumberFormat("en-US");

/** 10000 → "10,000". */
export function count(value: number): string {
  return grouped.format(value);
}

/** "1 sample", "24 samples". */
export function some(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** 142310 → "142 k". */
export function compact(value: number): string {
  if (value < 10_000) return count(value);
  if (value < 1_000_000) return `${count(Math.round(value / 1000))} k`;
  return `${(value / 1_000_000).toFixed(1)} M`;
}

/** US dollars to the cent, below five cents to two digits: 0.00312 → "$0.0031". */
export function dollars(value: number): string {
  return `$${value > 0 && value < 0.05 ? value.toPrecision(2) : value.toFixed(2)}`;
}

/** 9.24 → "9.2 a second"; slower than one a second is said by the minute. */
export function rate(perSecond: number): string {
  if (perSecond <= 0) return "";
  if (perSecond < 0.5) return `${(perSecond * 60).toFixed(perSecond * 60 < 10 ? 1 : 0)} a minute`;
  return `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} a second`;
}

/** 41.3 → "about 40 s left". */
export function timeLeft(seconds: number): string {
  if (seconds < 5) return "a few seconds left";
  if (seconds < 90) return `about ${Math.max(5, Math.round(seconds / 5) * 5)} s left`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}

export function seconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

const day = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});

/** Seconds since the epoch → "12 Nov, 14:03". */
export function dateOf(at: number): string {
  return day.format(at * 1000);
}

/** 552 → "9 min". */
export function lasting(value: number): string {
  if (value < 90) return seconds(value);
  return value < 5400 ? `${Math.round(value / 60)} min` : `${(value / 3600).toFixed(1)} h`;
}

/** Begins with a capital, unless it begins with a field's name: "urgency: …". */
export function sentence(text: string): string {
  return /^\S+:/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/** The last part of a path, of either kind of slash. */
export function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}

export function wordCount(text: string): number {
  return text.trim() ? text.trim().split(/\s+/).length : 0;
}

/** When it was, from seconds since the epoch: today "14:09", else "Nov 3, 14:09". */
export function clock(at: number, now = new Date()): string {
  const then = new Date(at * 1000);
  return (then.toDateString() === now.toDateString() ? TIME : DAY_AND_TIME).format(then);
}

const HOURS = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
const TIME = new Intl.DateTimeFormat("en-US", HOURS);
const DAY_AND_TIME = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", ...HOURS });

/** Letters and digits for what must have a name of its own in the page: another widget there has its own copy of this. */
export function token(): string {
  return Math.random().toString(36).slice(2, 8);
}
