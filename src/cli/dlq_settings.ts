/** What `molecule dlq` was asked to do. Nothing is read but names of files, and nothing is written. */
import { letterFiles } from "../delivery/dead_letters.ts";
import { reason, UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { checkWorkspaceId } from "../options.ts";
import {
  defaultStateDir,
  type StatePaths,
  statePaths,
} from "../state/paths.ts";
import { stateDirError } from "../state/state_dir.ts";
import { canonicalId } from "../uuid.ts";
import { DLQ_FLAGS, WORKSPACE_ID_ENV } from "./options.ts";
import type { ParsedLine } from "./parse.ts";
import { fromEnv, readFlags } from "./read.ts";
import { quoted, relabelled } from "./values.ts";

type Env = (name: string) => string | undefined;

/** What can be done with dead letters. */
export const DLQ_ACTIONS = ["list", "show", "retry", "drop"] as const;

/** One of them. */
export type DlqAction = typeof DLQ_ACTIONS[number];

/** What is to be done with which letters. */
export interface DlqSettings {
  readonly action: DlqAction;
  readonly workspaceId: string;
  readonly paths: StatePaths;
  /** Beginnings of letters' ids. */
  readonly letters: readonly string[];
  /** Every letter instead. */
  readonly all: boolean;
  readonly json: boolean;
}

function actionOf(word: string | undefined): DlqAction {
  const known = DLQ_ACTIONS.find((action) => action === word);
  if (known !== undefined) return known;
  const usage = "type molecule dlq list, show, retry or drop";
  if (word === undefined) throw new UsageError("dlq lacks its action", usage);
  const meant = nearest(word, DLQ_ACTIONS);
  throw new UsageError(
    `dlq knows no ${quoted(word)}`,
    meant === undefined ? usage : `did you mean ${meant}?`,
  );
}

function checkedId(text: string, label: string): string {
  try {
    checkWorkspaceId(text);
  } catch (error) {
    throw relabelled(error, "workspaceId", label);
  }
  return canonicalId(text);
}

function stateDir(env: Env): string {
  try {
    return defaultStateDir(env);
  } catch (error) {
    throw new UsageError(reason(error), "type --state-dir DIR", error);
  }
}

/** Whether `word` begins the id of a letter in its directory. */
async function isLetter(paths: StatePaths, word: string): Promise<boolean> {
  return (await letterFiles(paths.dead).catch((error) => {
    throw stateDirError(paths.dir, error);
  })).some((name) => name.startsWith(word));
}

/**
 * What the command line and the environment ask for, checked. The workspace id comes first; where the environment names
 * the workspace it may be left out.
 *
 * @throws {UsageError} naming what is missing or not usable.
 */
export async function dlqSettings(
  line: ParsedLine,
  env: Env,
): Promise<DlqSettings> {
  const flags = readFlags(DLQ_FLAGS, line, env);
  const [word, ...rest] = line.positionals;
  const action = actionOf(word);
  const dir = flags["state-dir"] ?? stateDir(env);
  const source = fromEnv(WORKSPACE_ID_ENV, env);
  const fromElsewhere = source === undefined
    ? undefined
    : checkedId(source.text, source.label);
  const [first] = rest;
  let workspaceId = fromElsewhere;
  let letters: readonly string[] = rest;
  const isLeftOut = first === undefined ||
    (fromElsewhere !== undefined && first !== fromElsewhere &&
      await isLetter(statePaths(dir, fromElsewhere), first));
  if (!isLeftOut) {
    workspaceId = checkedId(first, "workspace id");
    letters = rest.slice(1);
  }
  if (workspaceId === undefined) {
    throw new UsageError(
      "no workspace id is given",
      `type molecule dlq ${action} <workspace-id>`,
    );
  }
  const { all, json } = flags;
  check(action, letters, all, json);
  const paths = statePaths(dir, workspaceId);
  return { action, workspaceId, paths, letters, all, json };
}

function check(
  action: DlqAction,
  letters: readonly string[],
  all: boolean,
  json: boolean,
): void {
  const changes = action === "retry" || action === "drop";
  if (all && !changes) {
    throw new UsageError("--all is for retry and drop", "leave it out");
  }
  if (json && changes) {
    throw new UsageError("--json is for list and show", "leave it out");
  }
  if (action === "list" && letters.length > 0) {
    throw new UsageError(
      `unexpected argument ${quoted(letters[0]!)}`,
      "list takes one workspace id; type molecule dlq show for one letter",
    );
  }
  if (all && letters.length > 0) {
    throw new UsageError(
      `--all and the letter ${quoted(letters[0]!)} are given together`,
      "give one of them",
    );
  }
  if (letters.includes("")) {
    throw new UsageError(
      `an empty id of a letter is given to ${action}`,
      "the variable that should hold it may not be set",
    );
  }
  if (action !== "list" && !all && letters.length === 0) {
    throw new UsageError(
      `no letter is given to ${action}`,
      "type the beginning of its id, as molecule dlq list shows it" +
        (changes ? ", or --all" : ""),
    );
  }
}
