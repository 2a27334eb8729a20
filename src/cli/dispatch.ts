/** Finds the command that a command line means, and runs it. */
import { nearest } from "../nearest.ts";
import { UsageError } from "../errors.ts";
import { backendsCommand } from "./backends_command.ts";
import {
  COMMAND_NAMES,
  type CommandName,
  COMMANDS,
  isCommand,
} from "./commands.ts";
import { connectCommand } from "./connect_command.ts";
import { dlqCommand } from "./dlq_command.ts";
import { EXIT } from "./exit_codes.ts";
import type { Flags } from "./flag.ts";
import { commandHelp, programHelp } from "./help.ts";
import type { CliIo } from "./io.ts";
import {
  CONNECT_FLAGS,
  DLQ_FLAGS,
  SANDBOX_FLAGS,
  WORKSPACE_ID_ENV,
} from "./options.ts";
import { type ParsedLine, parseLine } from "./parse.ts";
import { fromEnv } from "./read.ts";
import { sandboxCommand } from "./sandbox_command.ts";
import { quoted } from "./values.ts";
import { versionLine } from "./version.ts";

/** Which flag has a value must be known before it is known which word is the command. */
const ALL_FLAGS: Flags = {
  ...SANDBOX_FLAGS,
  ...DLQ_FLAGS,
  ...CONNECT_FLAGS,
};

function unknownCommand(word: string, meant: string | undefined): UsageError {
  return new UsageError(
    `unknown command ${quoted(word)}`,
    meant === undefined
      ? "type molecule help for the commands there are"
      : `did you mean ${meant}?`,
  );
}

/**
 * Whether a word can only be meant as a command: a short one of small letters. Ids have digits, dashes or capitals; one
 * that has none can still be given behind the word `connect`.
 */
function looksLikeCommand(word: string): boolean {
  return /^[a-z]{1,12}$/.test(word);
}

/** The command, and what of the line is left for it. A first word that names none is the workspace id of `connect`. */
function commandOf(
  line: ParsedLine,
): { name: CommandName; line: ParsedLine } {
  const [first, ...rest] = line.positionals;
  if (first === undefined) return { name: "connect", line };
  if (isCommand(first)) {
    return { name: first, line: { ...line, positionals: rest } };
  }
  const meant = nearest(first, COMMAND_NAMES);
  if (meant !== undefined || looksLikeCommand(first)) {
    throw unknownCommand(first, meant);
  }
  // More than one word is refused by connect, which names the one too many.
  return { name: "connect", line };
}

function noArguments(name: CommandName, line: ParsedLine): void {
  const [extra] = line.positionals;
  if (extra !== undefined) {
    throw new UsageError(
      `unexpected argument ${quoted(extra)}`,
      `type molecule ${name} ${COMMANDS[name].usage}`.trimEnd(),
    );
  }
}

function help(line: ParsedLine): string[] {
  const [topic, ...rest] = line.positionals;
  if (topic === undefined) return programHelp();
  if (!isCommand(topic)) {
    throw unknownCommand(topic, nearest(topic, COMMAND_NAMES));
  }
  noArguments("help", { ...line, positionals: rest });
  return commandHelp(topic);
}

function print(lines: readonly string[], io: CliIo): number {
  io.stdout(lines.join("\n"));
  return EXIT.stopped;
}

/**
 * Runs what `args` ask for and returns the exit code.
 *
 * @throws {UsageError} if they are not usable.
 */
export async function dispatch(
  args: readonly string[],
  io: CliIo,
): Promise<number> {
  const isBare = args.length === 0 &&
    fromEnv(WORKSPACE_ID_ENV, (name) => io.env(name)) === undefined;
  if (isBare) return print(programHelp(), io);
  const whole = parseLine(args, ALL_FLAGS);
  const { name, line } = commandOf(whole);
  for (const flag of line.flags.keys()) {
    if (!Object.hasOwn(COMMANDS[name].flags, flag)) {
      throw new UsageError(
        `--${flag} is no flag of ${name}`,
        `type molecule help ${name} for those it has`,
      );
    }
  }
  if (line.flags.has("version")) return print([versionLine(io)], io);
  if (line.flags.has("help")) {
    const named = whole.positionals.length > 0 && name !== "help";
    return print(named ? commandHelp(name) : programHelp(), io);
  }
  switch (name) {
    case "connect":
      return await connectCommand(line, io);
    case "dlq":
      return await dlqCommand(line, io);
    case "sandbox":
      noArguments(name, line);
      return await sandboxCommand(line, io);
    case "backends":
      return print(
        await backendsCommand(line.positionals, new AbortController().signal),
        io,
      );
    case "version":
      noArguments(name, line);
      return print([versionLine(io)], io);
    case "help":
      return print(help(line), io);
  }
}
