/**
 * Which addresses the platform is willing to push to. It runs as in development: loopback is allowed.
 *
 * @module
 */

const BLOCKED: readonly (readonly [RegExp, string])[] = [
  [/^169\.254\./, "link-local address (cloud metadata endpoint)"],
  [/^10\./, "RFC-1918 private address"],
  [/^192\.168\./, "RFC-1918 private address"],
  [/^172\.(1[6-9]|2\d|3[01])\./, "RFC-1918 private address"],
  [
    /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
    "carrier-grade NAT address (RFC-6598)",
  ],
  [/^192\.0\.2\./, "TEST-NET-1 documentation range (RFC-5737)"],
  [/^198\.51\.100\./, "TEST-NET-2 documentation range (RFC-5737)"],
  [/^203\.0\.113\./, "TEST-NET-3 documentation range (RFC-5737)"],
  [/^(22[4-9]|23\d)\./, "multicast address"],
  [/^\[fe[89ab]/, "link-local address"],
  [/^\[f[cd]/, "unique local address"],
];

/** Why the platform would not push to `text`, or undefined where it would. */
export function whyBlocked(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return "invalid url";
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== "http" && scheme !== "https") {
    return `url scheme must be http or https, got "${scheme}"`;
  }
  const range = BLOCKED.find(([pattern]) => pattern.test(url.hostname));
  return range === undefined
    ? undefined
    : `url targets a blocked address: ${range[1]}`;
}
