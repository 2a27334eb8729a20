/** Durations as Go writes them: `90s`, `5m`, `1h30m`, `500ms`. */

/** A timer's longest wait in milliseconds; a longer one would fire at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const PIECE = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/** Milliseconds of `text`, or undefined where it is no duration, or one of nothing. */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(PIECE)) {
    ms += Number(amount) * UNIT_MS[unit!]!;
  }
  return ms >= 1 && ms <= MAX_TIMER_MS ? Math.round(ms) : undefined;
}

/** `ms` milliseconds for people: `5 minutes`, `90 seconds`. */
export function inWords(ms: number): string {
  const [count, unit] = ms % 60_000 === 0
    ? [ms / 60_000, "minute"]
    : [ms / 1_000, "second"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
