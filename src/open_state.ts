/** Loads the state at start: a damaged file is moved aside, loudly, and a first start notes how far it looks back. */
import type { ConnectEvent } from "./connection.ts";
import { Journal } from "./state/journal.ts";
import { reached } from "./crash_points.ts";
import { StateError } from "./errors.ts";
import type { Logger } from "./log.ts";
import {
  factsIfThere,
  listFiles,
  makePrivateDir,
  removeIfThere,
  tryDisk,
} from "./os/files.ts";
import { basename, join } from "@std/path";
import type { PlatformClient } from "./platform/client.ts";
import { moveAside } from "./state/damaged.ts";
import { HandledRows } from "./state/handled_rows.ts";
import { SessionFiles } from "./state/session_files.ts";
import type { StatePaths } from "./state/paths.ts";
import { stateDirError } from "./state/state_dir.ts";
import { loadState, type State } from "./state/state.ts";

/** A Go CLI that was stopped just now may have left rows a little older than its file. */
const GO_CLI_SLACK_MS = 60_000;

/** What is needed to load the state. */
export interface OpenStateOptions {
  readonly paths: StatePaths;
  readonly workspaceId: string;
  readonly client: PlatformClient;
  readonly sinceSecs: number;
  readonly log: Logger;
  /** When this aborts, a failed write is no longer repeated. */
  readonly giveUp: AbortSignal;
  /** Told that the saved cursor moved. */
  readonly onCursor: (cursor: string) => void;
}

/**
 * Loads the state of a workspace.
 *
 * @throws {StateError} if it cannot be read, or was written by a newer release.
 */
export async function openState(
  options: OpenStateOptions,
  emit: (event: ConnectEvent) => void,
): Promise<Journal> {
  const { paths, workspaceId, client, log, giveUp, onCursor } = options;
  let state: State;
  await removeLeftovers(paths);
  try {
    state = await loadState(paths.dir, workspaceId);
  } catch (error) {
    if (!(error instanceof StateError && error.damaged)) throw error;
    const movedTo = await moveAside(paths.state);
    log.error(
      "The state file is damaged; it was moved aside, and the look-back decides what is read again",
      {
        movedTo,
        error: error.message,
      },
    );
    emit({ type: "state_damaged", movedTo, reason: error.message });
    state = { workspace_id: workspaceId, last_since_id: "" };
  }
  const isThere = await factsIfThere(paths.state) !== undefined;
  // Also where a crash came after the damaged file was moved, and before another one was written.
  if (!isThere) state = { ...state, ...await whatIsLeft(paths) };
  return await Journal.open(
    {
      paths,
      state,
      log,
      giveUp,
      onCursor,
      platformNow: () => client.platformNow(),
    },
    (error, movedTo) => {
      log.error(
        "Memory of handled messages is damaged; some may be handled again",
        { error: error.message, movedTo },
      );
      emit({ type: "state_damaged", movedTo, reason: error.message });
    },
  );
}

/**
 * Notes, durably and before anything is read, how far back windows may reach: to now less the look-back. With a Go CLI's
 * file to when that one stopped, because what came since then is waiting.
 */
export async function noteFloor(
  journal: Journal,
  options: OpenStateOptions,
): Promise<void> {
  if (journal.floorMs !== undefined) return;
  const { client, paths, sinceSecs } = options;
  const now = client.platformNow();
  if (journal.isFromGoCli) {
    const stoppedAt = (await factsIfThere(paths.state))?.changedAtMs ?? now;
    journal.floorMs = Math.min(now, stoppedAt - GO_CLI_SLACK_MS);
  } else {
    journal.floorMs = now - sinceSecs * 1_000;
  }
  await journal.writeOnce();
  reached("floor saved");
}

/** What stands beside a damaged state file is as good as it was: the memory of handled rows, and saved answers. */
async function whatIsLeft(
  paths: StatePaths,
): Promise<Pick<State, "handled_files">> {
  try {
    // Who they are for stood in the state file; they are kept for whoever wants to look.
    await moveAside(paths.replies);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const files = await HandledRows.filesIn(paths.handled);
  return files === undefined ? {} : { handled_files: files };
}

/**
 * Makes the directory that back ends work in.
 *
 * @throws {StateError} if that fails.
 */
export async function makeWorkDir(paths: StatePaths): Promise<void> {
  try {
    await makePrivateDir(paths.work);
  } catch (cause) {
    throw new StateError(paths.work, `Cannot use directory ${paths.work}`, {
      cause,
      hint: "move away what stands in its place",
    });
  }
}

/**
 * Looks for what back ends kept of sessions.
 *
 * @throws {StateError} if that cannot be seen.
 */
export async function openSessions(
  paths: StatePaths,
  journal: Journal,
  log: Logger,
): Promise<SessionFiles> {
  const dir = paths.sessions;
  const untilWritten = (write: () => Promise<void>) =>
    journal.untilWritten(write);
  try {
    return await SessionFiles.open({ dir, untilWritten, log });
  } catch (cause) {
    throw new StateError(dir, `Cannot use directory ${dir}`, {
      cause,
      hint: "move away what stands in its place, or check its owner and mode",
    });
  }
}

/**
 * Makes sure that the disk takes a state, before the platform hears of us: a registration may mint a token that is
 * never said again, and a message that cannot be noted cannot be answered.
 *
 * @throws {UsageError} if the directory may not be written.
 * @throws {StateError} if the disk is full, read-only or broken.
 */
export async function tryStateDisk(paths: StatePaths): Promise<void> {
  try {
    await tryDisk(paths.state);
  } catch (cause) {
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw stateDirError(paths.dir, cause);
    }
    throw new StateError(paths.dir, `Cannot write into ${paths.dir}`, {
      cause,
      hint: "check the disk's free space, and whether it is read-only",
    });
  }
}

/** Removes what a crash in the middle of a write left; nobody else writes here while the lock is held. */
async function removeLeftovers(paths: StatePaths): Promise<void> {
  const name = basename(paths.state);
  for (const file of await listFiles(paths.dir)) {
    const isOurs = file.startsWith(`${name}.`) ||
      file.startsWith(`${basename(paths.token)}.`);
    if (isOurs && file.endsWith(".tmp")) {
      await removeIfThere(join(paths.dir, file));
    }
  }
  for (const file of await listFiles(paths.dead)) {
    if (file.endsWith(".tmp")) await removeIfThere(join(paths.dead, file));
  }
  reached("leftovers removed");
}
