/** Turns the text of a flag or of an environment variable into a value. `label` is the name that people know it by. */
import type { BackendOptions } from "../backends/backend.ts";
import { parseDuration } from "../duration.ts";
import { UsageError } from "../errors.ts";
import { checkApiUrl, checkFileHosts } from "../options.ts";

/** Reads a value. @throws {UsageError} naming `label` and the value. */
export type ParseValue<T> = (text: string, label: string) => T;

/** A value in quotes, as one line. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Text without control characters. */
export function plainText(text: string, label: string): string {
  if (/\p{Cc}/u.test(text)) {
    throw new UsageError(
      `${label} ${quoted(text)} has control characters`,
      "give one line of plain text",
    );
  }
  return text;
}

/** Text that can stand in a header. */
export function headerText(text: string, label: string): string {
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new UsageError(
      `${label} ${quoted(text)} has characters that an id cannot have`,
      "copy it again, without spaces and line breaks",
    );
  }
  return text;
}

/** A whole number in digits, and nothing else: no sign, no fraction, no exponent. */
export function wholeNumber(least: number, most: number): ParseValue<number> {
  return (text, label) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      throw new UsageError(
        `${label} ${quoted(text)} is not usable`,
        `give a whole number from ${least} to ${most}`,
      );
    }
    return value;
  };
}

/** A duration as Go writes them, in milliseconds; `0` and `0s` are durations too. */
export function duration(text: string, label: string): number {
  const ms = /^0(?:ms|s|m|h)?$/.test(text) ? 0 : parseDuration(text);
  if (ms === undefined) {
    throw new UsageError(
      `${label} ${quoted(text)} is no duration`,
      "give one such as 500ms, 90s, 5m or 1h30m",
    );
  }
  return ms;
}

/** One of a few words. */
export function oneOf<T extends string>(...words: readonly T[]): ParseValue<T> {
  return (text, label) => {
    const word = words.find((word) => word === text);
    if (word === undefined) {
      throw new UsageError(
        `${label} ${quoted(text)} is not known`,
        `give ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
      );
    }
    return word;
  };
}

/** The base URL of a platform. */
export function apiUrl(text: string, label: string): string {
  try {
    return checkApiUrl(text);
  } catch (error) {
    throw relabelled(error, "apiUrl", label);
  }
}

/** Hosts that files may be fetched from. */
export function fileHosts(
  hosts: readonly string[],
  label: string,
): readonly string[] {
  checkFileHosts(hosts, label);
  return hosts;
}

/** An error of the library's checks that calls an option by the name that it has here. */
export function relabelled(
  error: unknown,
  option: string,
  label: string,
): unknown {
  return error instanceof UsageError
    ? new UsageError(
      error.message.replace(new RegExp(`^${option}\\b`), label),
      error.hint,
      error,
    )
    : error;
}

/** `KEY=VALUE` pairs as options of a back end. */
export function backendOptions(
  pairs: readonly string[],
  label: string,
): BackendOptions {
  const options = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) {
      throw new UsageError(
        `${label} ${quoted(pair)} is no KEY=VALUE`,
        `type ${label} KEY=VALUE`,
      );
    }
    const key = pair.slice(0, at);
    if (options.has(key)) {
      throw new UsageError(
        `${label} gives ${quoted(key)} twice`,
        "give each key once",
      );
    }
    options.set(key, pair.slice(at + 1));
  }
  return Object.fromEntries(options);
}
