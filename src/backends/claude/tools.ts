/**
 * Which of its built-in tools `claude` has at all. Several of them run without asking, in every release others: shell
 * commands that claude takes for harmless, jobs, work trees, notes. So it is given those that only look at its own
 * directory or plan its work, and what the operator granted; the rest is not there.
 *
 * @module
 */

/** What it has without a grant. Not every release knows every name. */
const UNASKED: readonly string[] = [
  ...["Read", "Glob", "Grep", "LS", "NotebookRead", "ToolSearch"],
  ...["TodoWrite", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate"],
];

/** What goes without asking in the mode `acceptEdits`. */
const EDITING: readonly string[] = [
  "Edit",
  "MultiEdit",
  "Write",
  "NotebookEdit",
];

/** Modes in which claude asks nobody. */
const UNBOUNDED: readonly string[] = ["auto", "bypassPermissions"];

/** Tools that can put a file into a directory. */
const WRITING: readonly string[] = ["Bash", "Edit", "Write"];

/** What an operator has granted. */
export interface Grants {
  /** Permission rules, such as `Bash(git log:*)` and `WebSearch`. */
  readonly rules: readonly string[];
  /** The permission mode, or an empty string. */
  readonly mode: string;
}

/** The rules in a list: divided at commas and white space outside of brackets, as claude does it. */
export function splitRules(list: string): string[] {
  const rules: string[] = [];
  let rule = "";
  let depth = 0;
  for (const char of `${list},`) {
    if (char === "(") depth++;
    if (char === ")") depth = Math.max(0, depth - 1);
    if (depth > 0 || !/[\s,]/.test(char)) {
      rule += char;
      continue;
    }
    if (rule !== "") rules.push(rule);
    rule = "";
  }
  return rule === "" ? rules : [...rules, rule.slice(0, -1)];
}

/** The tools that claude gets, for its flag `--tools`; undefined for all of them. */
export function toolsFor({ rules, mode }: Grants): string[] | undefined {
  if (UNBOUNDED.includes(mode)) return undefined;
  const granted = rules.map((rule) => rule.split("(", 1)[0]!)
    .filter((name) => !name.startsWith("mcp__")); // not built in: those are always there
  const editing = mode === "acceptEdits" ? EDITING : [];
  // A rule of the one is enough to do what the other does.
  const writing = granted.includes("Edit") ? ["Write"] : [];
  return [...new Set([...UNASKED, ...editing, ...granted, ...writing])];
}

/** Whether claude may write into a directory that it was given without being asked. */
export function mayWrite({ rules, mode }: Grants): boolean {
  return mode === "acceptEdits" || UNBOUNDED.includes(mode) ||
    rules.some((rule) => WRITING.includes(rule));
}
