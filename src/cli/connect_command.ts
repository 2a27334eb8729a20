/** `molecule connect`: runs a connection until it ends or somebody stops it. */
import type { Backend } from "../backends/backend.ts";
import { connect } from "../connect.ts";
import type { ConnectEvent } from "../connection.ts";
import { consoleLogger, type Logger } from "../log.ts";
import { Redactor } from "../redact.ts";
import { checkBackend, checkedOnce, notReady } from "./backend_check.ts";
import { type ConnectSettings, connectSettings } from "./connect_settings.ts";
import { dryRunCommand } from "./dry_run.ts";
import { EXIT } from "./exit_codes.ts";
import { failureOf } from "./failure.ts";
import type { CliIo } from "./io.ts";
import type { ParsedLine } from "./parse.ts";
import { report } from "./report.ts";
import { startLines } from "./start_lines.ts";
import { StopSequence } from "./stop.ts";

function redacted(event: ConnectEvent, redactor: Redactor): ConnectEvent {
  return redactor.redactValue(event) as ConnectEvent;
}

/** Tells events: as JSON on stdout where that was asked for, else as log lines. */
function eventTeller(
  settings: ConnectSettings,
  redactor: Redactor,
  log: Logger,
  io: CliIo,
  stop: StopSequence,
): { tell: (event: ConnectEvent) => void; failure: () => unknown } {
  let failure: unknown;
  const tell = (event: ConnectEvent) => {
    if (!settings.json) {
      report(event, log, stop.connection?.status);
      if (event.type !== "registered") return;
      for (const text of startLines(settings.options, Deno.pid)) log.info(text);
      return;
    }
    if (failure !== undefined) return;
    try {
      const time = new Date().toISOString();
      io.stdout(JSON.stringify({ time, ...redacted(event, redactor) }));
    } catch (cause) {
      // Whoever asked for the events is gone: going on would answer messages that nobody sees.
      failure = new Error("Cannot write events to stdout", { cause });
      stop.request("stdout is closed");
    }
  };
  return { tell, failure: () => failure };
}

/** The back end, known to be able to work as far as that can be known. @throws {UsageError} if it is not. */
async function readyBackend(
  backend: Backend,
  redactor: Redactor,
  log: Logger,
  signal: AbortSignal,
): Promise<Backend> {
  const { readiness, doubt } = await checkBackend(backend, signal);
  redactor.addAll(backend.secrets); // a module tells them once it is loaded
  const refusal = notReady(backend, readiness);
  if (refusal !== undefined) {
    await backend.close?.();
    throw refusal;
  }
  if (doubt !== undefined) {
    log.warn(`Cannot tell whether the back end "${backend.name}" can work`, {
      error: doubt,
    });
  }
  return checkedOnce(backend);
}

async function run(
  settings: ConnectSettings,
  redactor: Redactor,
  log: Logger,
  io: CliIo,
): Promise<Error | undefined> {
  using stop = new StopSequence(io, log, settings.options.graceMs);
  const { tell, failure } = eventTeller(settings, redactor, log, io, stop);
  const failed = await converse();
  if (failure() !== undefined) throw failure();
  return failed;

  async function converse(): Promise<Error | undefined> {
    try {
      const { signal } = stop;
      const connection = await connect({
        ...settings.options,
        backend: await readyBackend(
          settings.options.backend,
          redactor,
          log,
          signal,
        ),
        signal,
        onEvent: tell,
        log,
      });
      stop.connection = connection;
      return await connection.closed;
    } catch (error) {
      // A stop while registering is a stop like any other.
      if (stop.signal.aborted && error === stop.signal.reason) return undefined;
      throw error;
    }
  }
}

/** Runs the command. @throws {UsageError} before anything is sent or written, if what was given is not usable. */
export async function connectCommand(
  line: ParsedLine,
  io: CliIo,
): Promise<number> {
  const settings = await connectSettings(line, (name) => io.env(name));
  const redactor = new Redactor();
  redactor.add(settings.options.token);
  redactor.addAll(settings.options.backend.secrets);
  const noColor = io.env("NO_COLOR");
  const log = consoleLogger({
    level: settings.level,
    json: settings.json,
    color: io.stderrIsTerminal && (noColor === undefined || noColor === ""),
    shortTime: io.stderrIsTerminal,
    redactor,
    write: (text) => io.stderr(text),
  });
  let failed: unknown;
  try {
    if (settings.dryRun) {
      await dryRunCommand(settings, io);
    } else {
      for (const warning of settings.warnings) log.warn(warning);
      failed = await run(settings, redactor, log, io);
    }
  } catch (error) {
    failed = error;
  }
  if (failed === undefined) return EXIT.stopped;
  const { line: text, exitCode, stack } = failureOf(failed);
  if (settings.json) log.error(text, { exit: exitCode });
  else io.stderr(redactor.redact(text));
  if (stack !== undefined && settings.level === "debug") {
    io.stderr(redactor.redact(stack));
  }
  return exitCode;
}
