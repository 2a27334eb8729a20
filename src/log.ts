/**
 * Logging. The only file that knows `@std/log`, so that replacing it one day costs one file. Everything goes to
 * stderr: stdout carries only what was asked for.
 *
 * @module
 */
import { BaseHandler } from "@std/log/base-handler";
import { Logger as StdLogger } from "@std/log/logger";
import { reason } from "./errors.ts";
import type { Redactor } from "./redact.ts";

/** Values beside a log line's text. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Takes log lines. `console` is one. */
export interface Logger {
  /** For whoever looks for a fault. */
  debug(message: string, fields?: LogFields): void;
  /** What an operator wants to know. */
  info(message: string, fields?: LogFields): void;
  /** Something is wrong that may pass, or that somebody should look at. */
  warn(message: string, fields?: LogFields): void;
  /** Something is lost or ends. */
  error(message: string, fields?: LogFields): void;
}

/** From chatty to quiet. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Every level, chatty first. */
export const LOG_LEVELS: readonly LogLevel[] = [
  "debug",
  "info",
  "warn",
  "error",
];

/** What a console logger does. */
export interface ConsoleLoggerOptions {
  /** Lines below this level are dropped. */
  readonly level: LogLevel;
  /** One JSON object per line instead of text. */
  readonly json: boolean;
  /** Colours the level. */
  readonly color: boolean;
  /** Shows the time of day only, for who watches; kept lines need the date too. */
  readonly shortTime: boolean;
  /** Masks secrets in whole lines. */
  readonly redactor: Redactor;
  /** Where lines go; stderr unless a test says otherwise. */
  readonly write?: (line: string) => void;
}

interface Record_ {
  readonly msg: string;
  readonly args: unknown[];
  readonly levelName: string;
  readonly datetime: Date;
}

const COLORS: Readonly<Record<string, string>> = {
  DEBUG: "\x1b[2m",
  WARN: "\x1b[33m",
  ERROR: "\x1b[31m",
};

/** A line must stay a line, whatever a stranger put into a value: control characters are shown, not sent. */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (char) => {
    const names: Record<string, string> = {
      "\n": "\\n",
      "\r": "\\r",
      "\t": "\\t",
    };
    return names[char] ??
      `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** `value` as JSON, with errors as their reasons. @throws {TypeError} if it cannot be told, such as a circle. */
function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, member) =>
      member instanceof Error
        ? reason(member)
        : typeof member === "bigint"
        ? String(member)
        : member,
  ) ?? String(value);
}

/** A back end may log anything: what JSON cannot tell is shown as Deno would show it. */
function anyText(value: unknown): string {
  try {
    return typeof value === "string" ? value : toJson(value);
  } catch {
    return Deno.inspect(value);
  }
}

function show(value: unknown): string {
  const text = value instanceof Error ? reason(value) : anyText(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

function textLine(
  record: Record_,
  { color, shortTime }: Pick<ConsoleLoggerOptions, "color" | "shortTime">,
): string {
  const fields = Object.entries((record.args[0] ?? {}) as LogFields).filter((
    [, value],
  ) => value !== undefined)
    .map(([name, value]) => ` ${name}=${show(value)}`).join("");
  const level = record.levelName.padEnd(5);
  const paint = color ? COLORS[record.levelName] : undefined;
  const iso = record.datetime.toISOString();
  const time = shortTime ? iso.slice(11, 19) : iso;
  return `${time} ${paint === undefined ? level : `${paint}${level}\x1b[0m`} ${
    oneLine(record.msg + fields)
  }`;
}

function jsonLine(record: Record_, redactor: Redactor): string {
  const own = {
    time: record.datetime.toISOString(),
    level: record.levelName.toLowerCase(),
    message: redactor.redact(record.msg),
  };
  const fields = redactor.redactValue(record.args[0] ?? {}) as LogFields;
  try {
    // Twice: first for their place, then so that no field takes it.
    return oneLine(toJson({ ...own, ...fields, ...own }));
  } catch {
    return oneLine(toJson({ ...own, fields: Deno.inspect(fields) }));
  }
}

/** `@std/log`'s own console handler writes to stdout: this one does not. */
class LineHandler extends BaseHandler {
  readonly #write: (line: string) => void;

  constructor(
    write: (line: string) => void,
    formatter: (record: Record_) => string,
  ) {
    super("DEBUG", { formatter });
    this.#write = write;
  }

  override log(line: string): void {
    this.#write(line);
  }
}

/** A logger for the command line. */
export function consoleLogger(options: ConsoleLoggerOptions): Logger {
  // deno-lint-ignore no-console
  const write = options.write ?? ((line: string) => console.error(line));
  const format = (record: Record_) =>
    options.json
      ? jsonLine(record, options.redactor)
      : options.redactor.redact(textLine(record, options));
  const handler = new LineHandler(write, format);
  const level = options.level.toUpperCase() as Uppercase<LogLevel>;
  return new StdLogger("molecule", level, { handlers: [handler] });
}

/** Drops everything. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/** A logger that adds `fields` to each line of `log`. */
export function withFields(log: Logger, fields: LogFields): Logger {
  return {
    debug: (message, more) => log.debug(message, { ...fields, ...more }),
    info: (message, more) => log.info(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    error: (message, more) => log.error(message, { ...fields, ...more }),
  };
}

/** A logger that masks secrets in what it hands on to `log`, however deep they stand in a field. */
export function redacting(log: Logger, redactor: Redactor): Logger {
  const fields = (given: LogFields | undefined) =>
    given === undefined ? undefined : redactor.redactValue(given) as LogFields;
  const line = (level: LogLevel) => (text: string, more?: LogFields) => {
    try {
      log[level](redactor.redact(text), fields(more));
    } catch {
      // A host's logger that throws must not end what it logs; there is nobody else to tell.
    }
  };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
}
