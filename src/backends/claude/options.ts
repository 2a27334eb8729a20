/** The options of the back end `claude-code`. */
import { basename, resolve } from "@std/path";
import { UsageError } from "../../errors.ts";
import type { BackendOptions } from "../backend.ts";
import { checkPassEnv } from "../command/child_env.ts";
import { type ClaudeChoices, operatorArgs } from "./args.ts";
import { OptionReader } from "../option_reader.ts";
import { PASS_ENV, passMeta } from "../common_options.ts";
import type { BackendSpec } from "../spec.ts";

/** Each release of claude knows most of them, and says so of one that it does not know. */
const PERMISSION_MODES: readonly string[] = [
  ...["default", "manual", "dontAsk", "plan"],
  ...["acceptEdits", "auto", "bypassPermissions"],
];
const SETTING_SOURCES: readonly string[] = ["user", "project", "local"];

/** The back end's name and its options. */
export const claudeOptionTable: Pick<BackendSpec, "name" | "options"> = {
  name: "claude-code",
  options: [
    {
      name: "model",
      value: "MODEL",
      description:
        "The model, by its name or alias; absent: claude's own choice.",
    },
    {
      name: "cwd",
      value: "DIRECTORY",
      description:
        "Where claude works, and whose files it may read; absent: a directory of the workspace's own.",
    },
    {
      name: "allowed_tools",
      value: "RULES",
      description:
        "Tools that it may use, with commas between them, such as WebSearch,Bash(git log:*); absent: it reads in its directory and in the message's files, no more.",
    },
    {
      name: "permission_mode",
      value: "MODE",
      description:
        "Claude's permission mode: default, dontAsk, plan, acceptEdits (it may change files in its directory and send files), auto or bypassPermissions (every sender may do what you may).",
    },
    {
      name: "append_system_prompt",
      value: "TEXT",
      description:
        "Added to the system prompt. Some releases keep the one that a conversation began with; session=new begins all anew.",
    },
    {
      name: "max_turns",
      value: "NUMBER",
      description: "Most steps of one message; absent: no limit.",
    },
    {
      name: "mcp_config",
      value: "FILE|JSON",
      description:
        "MCP servers; absent: none, whatever else is configured. Their tools need a rule in allowed_tools.",
    },
    {
      name: "settings",
      value: "SOURCES",
      description:
        "Which settings of Claude Code count: user, project and local, with commas between them; absent: none, so that your own allow rules and hooks work for no stranger, and no CLAUDE.md is read.",
    },
    {
      name: "args",
      value: "ARGUMENTS",
      description:
        "More arguments for claude; quotes are honoured, no shell is involved.",
    },
    {
      name: "bin",
      value: "COMMAND",
      default: "claude",
      description: "The claude to run, by name or by path.",
    },
    {
      name: "timeout",
      value: "DURATION",
      default: "5m",
      description:
        "Longest time of one turn; then claude is ended with all that it started.",
    },
    passMeta("true"),
    PASS_ENV,
  ],
};

/** The options, read and checked. */
export interface ClaudeOptions {
  /** The program. */
  readonly command: string;
  /** Where it works, if not in the workspace's own directory. */
  readonly cwd: string | undefined;
  /** What becomes arguments of ours. */
  readonly choices: ClaudeChoices;
  /** The operator's own arguments. */
  readonly args: readonly string[];
  /** Path of the file with MCP servers, where they are in one. */
  readonly mcpFile: string | undefined;
  readonly timeoutMs: number;
  readonly passMeta: boolean;
  readonly passEnv: readonly string[];
}

function oneOf(name: string, value: string, known: readonly string[]): string {
  if (known.includes(value)) return value;
  throw new UsageError(
    `Option ${name} of the back end claude-code: ${
      JSON.stringify(value)
    } is none of ${known.join(", ")}`,
    "give one of them",
  );
}

function maxTurns(options: OptionReader): string {
  const text = options.text("max_turns");
  if (text === "") return "";
  const count = options.count("max_turns");
  if (count > 0) return String(count);
  throw new UsageError(
    "Option max_turns of the back end claude-code: with no steps there is no answer",
    "give a number from 1 up, or leave it out",
  );
}

/** @throws {UsageError} if an option is unknown or malformed. */
export function readClaudeOptions(given: BackendOptions): ClaudeOptions {
  const options = new OptionReader(claudeOptionTable, given);
  const passEnv = options.list("pass_env");
  checkPassEnv(passEnv);
  const bin = options.text("bin");
  const mode = options.text("permission_mode");
  const mcp = options.text("mcp_config").trim();
  const mcpFile = mcp === "" || mcp.startsWith("{") ? undefined : resolve(mcp);
  return {
    // A path is meant from where molecule was started, whatever directory claude runs in.
    command: bin === basename(bin) ? bin : resolve(bin),
    cwd: options.text("cwd") || undefined,
    choices: {
      model: options.text("model"),
      allowedTools: options.text("allowed_tools"),
      permissionMode: mode === ""
        ? ""
        : oneOf("permission_mode", mode, PERMISSION_MODES),
      appendSystemPrompt: options.text("append_system_prompt"),
      mcpConfig: mcpFile ?? mcp,
      maxTurns: maxTurns(options),
      settings: options.list("settings")
        .map((source) => oneOf("settings", source, SETTING_SOURCES)).join(","),
    },
    args: operatorArgs(options.text("args")),
    mcpFile,
    timeoutMs: options.duration("timeout"),
    passMeta: options.boolean("pass_meta"),
    passEnv,
  };
}
