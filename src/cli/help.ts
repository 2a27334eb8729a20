/** The help, for 80 columns. */
import { COMMAND_NAMES, type CommandName, COMMANDS } from "./commands.ts";
import { EXIT_MEANINGS } from "./exit_codes.ts";
import { envOf, type Flag, type Flags, usageOf } from "./flag.ts";
import { columns } from "./layout.ts";
import { WORKSPACE_ID_ENV } from "./options.ts";

const TEXT_AT = 28;

function typed(name: CommandName): string {
  return `molecule ${name} ${COMMANDS[name].usage}`.trimEnd();
}

function flagLines([name, flag]: [string, Flag]): string[] {
  const short = flag.kind === "switch" && flag.short !== undefined
    ? `${flag.short}, `
    : "";
  const fallback = flag.fallback === undefined ? "" : ` [${flag.fallback}]`;
  return columns(
    short + usageOf(name, flag),
    flag.help + fallback,
    TEXT_AT,
  );
}

function flagGroups(flags: Flags): string[] {
  return [...Map.groupBy(Object.entries(flags), ([, flag]) => flag.group)]
    .flatMap(([group, members]) => [
      "",
      `${group}:`,
      ...members.flatMap(flagLines),
    ]);
}

function environment(flags: Flags): string[] {
  const fromFlags = Object.entries(flags).map(([name, flag]) =>
    [`--${name}`, envOf(flag)] as const
  ).filter(([, names]) => names.length > 0);
  const rows = [["<workspace-id>", WORKSPACE_ID_ENV] as const, ...fromFlags];
  return [
    "",
    "Environment (a flag wins; of several names the first one set counts):",
    ...rows.flatMap(([what, names]) =>
      columns(what, names.join(", "), TEXT_AT)
    ),
    ...columns("no colours", "NO_COLOR", TEXT_AT),
  ];
}

function exitCodes(): string[] {
  return [
    "",
    "Exit codes:",
    ...EXIT_MEANINGS.map(([code, meaning]) =>
      `  ${String(code).padStart(3)}  ${meaning}`
    ),
  ];
}

function examples(name: CommandName): string[] {
  return [
    "",
    "Examples:",
    ...COMMANDS[name].examples.map((example) => `  ${example}`),
  ];
}

function actions(name: CommandName): string[] {
  const { actions = [] } = COMMANDS[name];
  if (actions.length === 0) return [];
  const rows = actions.flatMap(([action, summary]) =>
    columns(action, summary, TEXT_AT)
  );
  return [
    "",
    "Actions (the beginning of a letter's id will do; the id of the workspace may",
    `come from ${WORKSPACE_ID_ENV.join(" or ")} instead):`,
    ...rows,
  ];
}

/** What only `connect` has, because only `connect` runs for long. */
function details(name: CommandName): string[] {
  const { flags } = COMMANDS[name];
  return [
    ...flagGroups(flags),
    ...(name === "connect" ? [...environment(flags), ...exitCodes()] : []),
  ];
}

/** The help of one command. */
export function commandHelp(name: CommandName): string[] {
  return [
    `Usage: ${typed(name)}`,
    "",
    `${COMMANDS[name].summary}.`,
    ...actions(name),
    ...examples(name),
    ...details(name),
  ];
}

/** The help of the program: what there is, on one screen, and where the rest stands. */
export function programHelp(): string[] {
  return [
    `Usage: ${typed("connect")}`,
    "       molecule <command> [flags]",
    "",
    `${COMMANDS.connect.summary}.`,
    ...examples("connect"),
    "",
    "Commands (the word connect may be left out):",
    ...COMMAND_NAMES.flatMap((name) =>
      columns(name, COMMANDS[name].summary, TEXT_AT)
    ),
    "",
    "molecule help connect tells all flags, the environment and the exit codes.",
  ];
}
