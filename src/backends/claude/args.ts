/** The arguments of `claude`: ours, and those of the operator that go with them. No piece of a message is among them. */
import { UsageError } from "../../errors.ts";
import { deniedRules } from "./denied.ts";
import { type Grants, splitRules, toolsFor } from "./tools.ts";
import { splitArgs } from "../command/split_args.ts";

const STREAM = "the back end reads claude's stream of JSON lines";
const SESSION = "each conversation has a session of its own";

/** What an operator cannot choose, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  "--output-format": STREAM,
  "--input-format": "the back end writes the message as plain text",
  "--continue": SESSION,
  "-c": SESSION,
  "--resume": SESSION,
  "-r": SESSION,
  "--session-id": SESSION,
  "--fork-session": SESSION,
  "--no-session-persistence": SESSION,
  "--from-pr": SESSION,
  "--setting-sources": "the option settings says which settings count",
};

const ALLOWED_TOOLS: readonly string[] = ["--allowedTools", "--allowed-tools"];
const SKIP_PERMISSIONS = "--dangerously-skip-permissions";

/** What an operator chose, apart from the arguments. */
export interface ClaudeChoices {
  readonly model: string;
  readonly allowedTools: string;
  readonly permissionMode: string;
  readonly appendSystemPrompt: string;
  readonly mcpConfig: string;
  /** Empty for no limit. */
  readonly maxTurns: string;
  /** Which of `user,project,local` count; empty for none. */
  readonly settings: string;
}

/** What is different from run to run. */
export interface ClaudeRunArgs {
  /** How the session is entered. */
  readonly session: readonly ["--resume" | "--session-id", string];
  /** Directories that it may read beside its own. */
  readonly directories: readonly string[];
  /** Where claude keeps transcripts, absolute. */
  readonly configDir: string;
  /** Where the connector keeps its state and its token, absolute. */
  readonly stateDir: string;
  /** Whether this release can be told which tools it has. */
  readonly limitsTools: boolean;
}

/**
 * The operator's own arguments.
 *
 * @throws {UsageError} if `line` has an open quote, or a flag that cannot be chosen.
 */
export function operatorArgs(line: string): string[] {
  const args = splitArgs(line, "args");
  for (const arg of args) {
    const flag = arg.split("=", 1)[0]!;
    const why = Object.hasOwn(REFUSED, flag) ? REFUSED[flag] : undefined;
    if (why === undefined) continue;
    throw new UsageError(
      `Option args: ${flag} cannot be chosen`,
      `leave it out: ${why}`,
    );
  }
  return args;
}

/** The values that `args` give to one of `flags`. */
function valuesOf(args: readonly string[], flags: readonly string[]): string[] {
  const values: string[] = [];
  let taking = false;
  for (const arg of args) {
    const flag = flags.find((flag) => arg.startsWith(`${flag}=`));
    if (flag !== undefined) values.push(arg.slice(flag.length + 1));
    else if (flags.includes(arg)) {
      taking = true;
      continue;
    } else if (taking && !arg.startsWith("-")) {
      values.push(arg);
      continue;
    }
    taking = false;
  }
  return values;
}

/** What the operator granted, by option or by argument. */
export function grantsOf(
  choices: Pick<ClaudeChoices, "allowedTools" | "permissionMode">,
  args: readonly string[],
): Grants {
  const given = valuesOf(args, ["--permission-mode"]).at(-1);
  return {
    rules: [choices.allowedTools, ...valuesOf(args, ALLOWED_TOOLS)]
      .flatMap(splitRules),
    mode: args.includes(SKIP_PERMISSIONS)
      ? "bypassPermissions"
      : given ?? choices.permissionMode,
  };
}

/** Flags that take any number of values have theirs behind a "=", so that nothing that follows is taken for one. */
function named(flag: string, values: readonly string[]): string[] {
  return values.filter((value) => value !== "")
    .map((value) => `${flag}=${value}`);
}

function pair(flag: string, value: string): string[] {
  return value === "" ? [] : [flag, value];
}

/** The arguments of one run, the operator's last, so that they decide where claude takes the last word. */
export function claudeArgs(
  choices: ClaudeChoices,
  own: readonly string[],
  run: ClaudeRunArgs,
): string[] {
  const tools = toolsFor(grantsOf(choices, own));
  const limited = run.limitsTools && tools !== undefined &&
    valuesOf(own, ["--tools"]).length === 0;
  const denied = deniedRules({
    configDir: run.configDir,
    stateDir: run.stateDir,
    readsSettings: choices.settings.split(",").includes("user"),
  });
  // What a release that cannot be told its tools would run without asking.
  const withheld = run.limitsTools || tools === undefined ||
      tools.includes("Bash")
    ? []
    : ["Bash"];
  return [
    ...["-p", "--output-format", "stream-json", "--verbose"],
    // No rule, hook or MCP server of the person who runs this works for strangers, unless the operator says so.
    ...["--setting-sources", choices.settings, "--strict-mcp-config"],
    ...run.session,
    ...named("--tools", limited ? [tools.join(",")] : []),
    ...named("--disallowedTools", [
      [...denied, ...withheld].join(","),
    ]),
    ...named("--allowedTools", [choices.allowedTools]),
    ...named("--add-dir", run.directories),
    ...named("--mcp-config", [choices.mcpConfig]),
    ...pair("--model", choices.model),
    ...pair("--permission-mode", choices.permissionMode),
    ...pair("--append-system-prompt", choices.appendSystemPrompt),
    ...pair("--max-turns", choices.maxTurns),
    ...own,
  ];
}
