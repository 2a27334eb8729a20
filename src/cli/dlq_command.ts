/**
 * `molecule dlq`: the dead letters of a workspace. It works on files alone, while a connector runs and while none does,
 * and writes nothing that is the connector's own.
 */
import { basename, join } from "@std/path";
import { notRetryable } from "../delivery/dead_letter.ts";
import { ConnectError, UsageError } from "../errors.ts";
import {
  factsIfThere,
  makePrivateDir,
  moveFile,
  removeDurably,
} from "../os/files.ts";
import { Redactor } from "../redact.ts";
import { lockHolder } from "../state/lock.ts";
import { stateDirError } from "../state/state_dir.ts";
import { keptToken } from "../state/token_file.ts";
import {
  findLetters,
  type LetterFile,
  pickLetters,
  readLetterFile,
  shortLength,
} from "./dlq_files.ts";
import { jsonLine, listHead, listLine, showLines } from "./dlq_lines.ts";
import { type DlqSettings, dlqSettings } from "./dlq_settings.ts";
import { EXIT } from "./exit_codes.ts";
import { harmless } from "./harmless.ts";
import type { CliIo } from "./io.ts";
import type { ParsedLine } from "./parse.ts";
import { quoted } from "./values.ts";

function count(n: number): string {
  return n === 1 ? "1 dead letter" : `${n} dead letters`;
}

/** Knows the workspace's tokens as far as they stand where everything can be found. */
async function redactorFor(
  { paths }: DlqSettings,
  io: CliIo,
): Promise<Redactor> {
  const redactor = new Redactor();
  redactor.add(io.env("MOLECULE_WORKSPACE_TOKEN") ?? "");
  redactor.add(await keptToken(paths) ?? "");
  return redactor;
}

async function list(settings: DlqSettings, io: CliIo): Promise<void> {
  const { paths, workspaceId, json } = settings;
  const redactor = await redactorFor(settings, io);
  const files = await findLetters(paths);
  const idLength = shortLength(files);
  if (!json && files.length > 0) {
    io.stdout(listHead(idLength, io.stdoutColumns));
  }
  for (const file of files) {
    const read = await readLetterFile(file, workspaceId);
    if (read === undefined) continue; // dropped meanwhile
    io.stdout(
      json
        ? jsonLine(file, read, redactor, false)
        : listLine(file, read, idLength, io.stdoutColumns, redactor),
    );
  }
  if (json) return;
  if (files.length === 0) {
    io.stdout(`Workspace ${workspaceId} has no dead letters`);
  }
  const waiting = files.filter(({ waits }) => waits).length;
  if (waiting > 0) {
    const verb = waiting === 1 ? "waits" : "wait";
    io.stdout(`${count(waiting)} ${verb} to be tried again`);
  }
}

/** The letters that are meant. @throws {UsageError} if one that was named is not there. */
async function meant(settings: DlqSettings): Promise<LetterFile[]> {
  const { paths, workspaceId, letters, all } = settings;
  const files = await findLetters(paths);
  return all ? files : pickLetters(files, letters, workspaceId);
}

function damaged({ id }: LetterFile, damage: string): UsageError {
  return new UsageError(
    `dead letter ${quoted(id)} is damaged: ${damage}`,
    "molecule dlq drop removes it",
  );
}

function gone({ id }: LetterFile): UsageError {
  return new UsageError(
    `dead letter ${quoted(id)} is gone`,
    "somebody else took it away, or it was among the oldest of too many",
  );
}

async function show(settings: DlqSettings, io: CliIo): Promise<void> {
  const { workspaceId, json } = settings;
  const redactor = await redactorFor(settings, io);
  const shown: string[] = [];
  for (const file of await meant(settings)) {
    const read = await readLetterFile(file, workspaceId);
    if (read === undefined) throw gone(file);
    if ("damage" in read) throw damaged(file, read.damage);
    if (json) {
      shown.push(jsonLine(file, read, redactor, true));
    } else {
      if (shown.length > 0) shown.push("");
      shown.push(...showLines(file, read.letter, redactor));
    }
  }
  for (const text of shown) io.stdout(text);
}

/** Why a letter cannot be tried again; undefined where it can. */
async function refusal(
  file: LetterFile,
  workspaceId: string,
): Promise<UsageError | undefined> {
  if (file.waits) {
    return new UsageError(
      `dead letter ${quoted(file.id)} waits to be tried again already`,
      "the connector takes it in while it runs, or at its next start",
    );
  }
  const read = await readLetterFile(file, workspaceId);
  if (read === undefined) return gone(file);
  if ("damage" in read) return damaged(file, read.damage);
  const why = notRetryable(read.letter);
  return why === undefined ? undefined : new UsageError(
    `dead letter ${quoted(file.id)} cannot be tried again: ${why}`,
    "molecule dlq show tells what is left of it",
  );
}

async function retry(settings: DlqSettings, io: CliIo): Promise<number> {
  const { paths, workspaceId, all } = settings;
  const able: LetterFile[] = [];
  let unable = 0;
  for (const file of await meant(settings)) {
    if (all && file.waits) continue;
    const why = await refusal(file, workspaceId);
    if (why === undefined) able.push(file);
    else if (!all) throw why;
    else {
      io.stderr(`molecule: ${harmless(why.message)}`);
      unable++;
    }
  }
  if (able.length > 0) await makePrivateDir(paths.retry);
  // The oldest first: the connector may look while they are moved, and keeps the order that it sees.
  for (const file of able) {
    await moveFile(file.path, join(paths.retry, basename(file.path))).catch(
      (error) => {
        throw error instanceof Deno.errors.NotFound ? gone(file) : error;
      },
    );
  }
  if (able.length === 0) {
    io.stdout("There is no dead letter that can be tried again");
    return unable === 0 ? EXIT.stopped : EXIT.usage;
  }
  const holder = await lockHolder(paths);
  const them = able.length === 1 ? "it" : "them";
  const pid = holder === "" ? "" : ` (process ${harmless(holder ?? "")})`;
  io.stdout(
    `${count(able.length)} to be tried again: ` +
      (holder === undefined
        ? `no connector runs here, the next start takes ${them} in`
        : `the connector that runs here${pid} takes ${them} in now`) +
      (unable === 0 ? "" : `; ${unable} cannot be tried`),
  );
  return unable === 0 ? EXIT.stopped : EXIT.usage;
}

async function drop(settings: DlqSettings, io: CliIo): Promise<void> {
  const files = await meant(settings);
  for (const { path } of files) await removeDurably(path);
  const underWay = files.some(({ waits }) => waits)
    ? "; what a connector tries again just now may still be answered"
    : "";
  io.stdout(`${count(files.length)} dropped${underWay}`);
}

const ACTIONS = { list, show, retry, drop };

/** @throws {UsageError} if the directory has no file of the workspace: an id or a directory was mistyped. */
async function checkThere({ paths, workspaceId }: DlqSettings): Promise<void> {
  const { dir, state, lock, dead, retry } = paths;
  const found = await factsIfThere(dir);
  if (found !== undefined && !(await Deno.stat(dir)).isDirectory) {
    throw new Deno.errors.NotADirectory(`${dir} is no directory`);
  }
  for (const path of [state, lock, dead, retry]) {
    if (await factsIfThere(path) !== undefined) return;
  }
  throw new UsageError(
    `no state of workspace ${quoted(workspaceId)} in ${quoted(dir)}`,
    "check the workspace id and --state-dir",
  );
}

/** Runs the command. @throws {UsageError} before anything is changed, if what was given is not usable. */
export async function dlqCommand(line: ParsedLine, io: CliIo): Promise<number> {
  const settings = await dlqSettings(line, (name) => io.env(name));
  try {
    await checkThere(settings);
    return await ACTIONS[settings.action](settings, io) ?? EXIT.stopped;
  } catch (error) {
    if (error instanceof ConnectError || !isOfFiles(error)) throw error;
    throw stateDirError(settings.paths.dir, error);
  }
}

/** Whether the system refused what was asked of a file. */
function isOfFiles(error: unknown): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}
