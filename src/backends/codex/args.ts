/** The arguments of `codex`: ours, and those of the operator that go with them. */
import { extname } from "@std/path";
import { UsageError } from "../../errors.ts";
import type { InboundFile } from "../backend.ts";
import { splitArgs } from "../command/split_args.ts";

/** Whether codex may run commands, and in which of its own sandboxes. */
export type CodexShell = "off" | "read-only" | "workspace-write";

/** What an operator chooses. */
export interface CodexChoice {
  /** Whether codex may run commands. */
  readonly shell: CodexShell;
  /** The model; empty for codex's own choice. */
  readonly model: string;
  /** Whether the operator's own configuration and rules of codex count. */
  readonly ownSettings: boolean;
  /** More arguments. */
  readonly more: readonly string[];
}

/** What an operator cannot choose, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  "--json": "the back end asks for it",
  "--color": "the back end reads JSON",
  "--output-last-message": "the back end reads codex's JSON",
  "-o": "the back end reads codex's JSON",
  "--ephemeral": "conversations would have no memory",
  "-s": "write --backend-opt shell=… in its place",
  "--sandbox": "write --backend-opt shell=… in its place",
  "-C": "write --backend-opt cwd=… in its place",
  "--cd": "write --backend-opt cwd=… in its place",
  "resume": "every sender would land in the same conversation",
};

/** What takes its tools from codex; also the looking at pictures that nobody sent. */
const NO_TOOLS = ["shell_tool", "view_image"].flatMap((name) => [
  "--disable",
  name,
]);

/** What strangers have no business with: the agent's agents, its goals, the operator's connected apps, the web. */
const LESS = [
  ...["multi_agent", "goals", "apps"].flatMap((name) => ["--disable", name]),
  ...["-c", 'web_search="disabled"'],
];

/** Pictures that codex itself takes along. */
const PICTURES: readonly string[] = [".png", ".jpg", ".jpeg", ".gif", ".webp"];

/** @throws {UsageError} if `line` has an open quote, or a word that cannot be chosen. */
export function codexMore(line: string): string[] {
  const more = splitArgs(line, "args");
  for (const arg of more) {
    const flag = arg.split("=", 1)[0]!;
    if (!Object.hasOwn(REFUSED, flag)) continue;
    throw new UsageError(
      `Option args: ${flag} cannot be chosen`,
      REFUSED[flag]!.startsWith("write")
        ? REFUSED[flag]!
        : `leave it out: ${REFUSED[flag]}`,
    );
  }
  return more;
}

/** Arguments for one turn, in the thread `thread` or in a new one. The prompt comes by stdin. */
export function codexArgs(
  choice: CodexChoice,
  outboxDir: string,
  files: readonly InboundFile[],
  thread: string | undefined,
): string[] {
  const { shell, model, ownSettings, more } = choice;
  const pictures = files.filter(({ path }) =>
    PICTURES.includes(extname(path).toLowerCase())
  );
  return [
    ...["exec", "--json", "--skip-git-repo-check"],
    ...["-s", shell === "off" ? "read-only" : shell],
    ...(shell === "off"
      ? NO_TOOLS
      // Its commands get PATH and the like, not the keys that codex itself needs.
      : ["-c", 'shell_environment_policy.inherit="core"']),
    ...(shell === "workspace-write" ? ["--add-dir", outboxDir] : []),
    // No MCP server, hook or rule of the person who runs this works for strangers, unless the operator says so.
    ...(ownSettings ? [] : ["--ignore-user-config", "--ignore-rules"]),
    ...LESS,
    ...(model === "" ? [] : ["-m", model]),
    ...pictures.map(({ path }) => `--image=${path}`),
    ...more,
    ...(thread === undefined ? [] : ["resume", thread]),
    "-",
  ];
}
