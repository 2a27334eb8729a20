/** Times as the platform writes them: RFC 3339, 0 to 6 fraction digits, `Z` or an offset. Kept in microseconds. */

const RFC3339 =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i;

/** Microseconds since 1970, or undefined where `text` is no time. Exact: they are far below 2^53. */
export function parseMicros(text: unknown): number | undefined {
  const match = typeof text === "string" ? RFC3339.exec(text) : null;
  if (match === null) return undefined;
  const ms = Date.parse(match[1]! + match[3]!);
  return Number.isNaN(ms)
    ? undefined
    : ms * 1_000 + Number((match[2] ?? "").padEnd(6, "0").slice(0, 6));
}

/** `micros` as the platform takes it in a query. */
export function formatMicros(micros: number): string {
  const whole = Math.floor(micros / 1_000_000);
  const fraction = String(micros - whole * 1_000_000).padStart(6, "0");
  return `${new Date(whole * 1_000).toISOString().slice(0, 19)}.${fraction}Z`;
}
