/**
 * The state file of one workspace: its shape, and how it is read and written.
 *
 * It begins with the two keys of the Go CLI's file, so that a user who comes from there goes on from the same cursor
 * and can go back. A file with exactly those two keys needs no checksum; every other one has a version and one.
 *
 * @module
 */
import type { Metadata, Part } from "../a2a/part.ts";
import type { Origin } from "../backends/backend.ts";
import { StateError } from "../errors.ts";
import { makePrivateDir, readIfThere, replaceFile } from "../os/files.ts";
import { type JsonObject, parseObject, seal, unseal } from "./checksum.ts";
import { statePaths } from "./paths.ts";
import { isState } from "./shape.ts";
import type { UploadedFile } from "../platform/wire.ts";

/** The version that this release writes. */
const VERSION = 1;

/** A row of the feed that is done: its id, its time in ms since 1970 (0: unreadable), and (source, messageId). */
export type HandledRow = readonly [id: string, timeMs: number, key: string];

/** A message whose turn began and has not ended yet. */
export interface Attempt {
  /** How often its turn began. */
  readonly n: number;
  /** When it last began, in ms since 1970. */
  readonly at: number;
  /** The id of that run, which its processes carry in their environment; absent in files of older releases. */
  readonly turn?: string;
  /** What heartbeats said of it; absent in files of older releases. */
  readonly task?: string;
  /** The message's row; absent where the attempt is kept under its id, which that of a retried letter is not. */
  readonly row?: string;
  /** With this message its conversation began anew, which happens once. */
  readonly anew?: true;
  /** No turn of it began yet: it is kept for what else it says. */
  readonly untried?: true;
}

/** A process that a back end started and that had not ended when this was saved. */
export interface SavedChild {
  /** Its pid. */
  readonly pid: number;
  /** When it started, in the system's own words: a pid that another process has by now comes with other ones. */
  readonly started: string;
  /** The row whose turn started it. */
  readonly row: string;
}

/**
 * One thing to do for an answer: post it to the peer; upload its files, show it to the person; send it to an outside
 * channel. They are done in order.
 */
export type OutboxStep = "a2a" | "upload" | "notify" | "channel";

/** An answer that the platform has not taken yet. */
export interface OutboxEntry {
  /** The answer's `messageId`, derived from the row: a repeat is the same message. */
  readonly id: string;
  /** The row that it answers. */
  readonly row: string;
  /** The peer's id; empty where it goes to the person or to a channel. */
  readonly peer: string;
  /** The outside channel that it goes to; absent where it goes elsewhere. */
  readonly channel?: string;
  /** Where the message came from. */
  readonly origin: Origin;
  /** The conversation, which keeps its order. */
  readonly lane: string;
  /** What is left to do. */
  readonly steps: readonly OutboxStep[];
  /** The answer, cleaned; absent where it stands in a file of its own. */
  readonly parts?: readonly Part[];
  /** The conversation as the sender named it; empty for none. */
  readonly context: string;
  /** The task as the sender named it; empty for none. */
  readonly task: string;
  /** Metadata of the answer's message. */
  readonly metadata: Metadata;
  /** When it was saved, in ms since 1970. */
  readonly saved: number;
  /** How often it was tried. */
  readonly tries: number;
  /**
   * What became of its files: where they are, and since when by the platform's clock, in ms since 1970. None where they
   * could not be uploaded, which the text then says.
   */
  readonly uploaded?: {
    readonly at: number;
    readonly files: readonly UploadedFile[];
  };
  /** How often its row was taken out of the dead letters; absent for 0. */
  readonly retry?: number;
  /** The first of its files is the whole text, of which its own text is the beginning. */
  readonly whole?: true;
  /** It is a part of an answer that goes on in the next entry. */
  readonly goesOn?: true;
  /** It says that the message failed; absent for an answer of the back end. */
  readonly failure?: true;
  /** It says that the message waits, and will be answered later. */
  readonly wait?: true;
  /**
   * An attempt whose outcome is unknown, or that a crash may have cut: the settled row before it, and when it began (in
   * ms since 1970 by the platform's clock).
   */
  readonly unsure?: {
    readonly cursor: string;
    readonly began: number;
  };
}

/**
 * How often a peer answered us in one conversation within an hour: when our last answer there was saved (0: the peer
 * answered it), when the hour began, both in ms since 1970 by the platform's clock, and how often.
 */
export type SavedExchange = readonly [
  lane: string,
  answeredMs: number,
  fromMs: number,
  n: number,
];

/**
 * The epoch of one conversation, when something was last said in it (in ms since 1970), and a short name of its sender,
 * which files of older releases lack.
 */
export type OwnEpoch = readonly [
  epoch: number,
  usedAtMs: number,
  sender?: string,
];

/** A Stop of a person: messages of people that are not newer are over. */
export interface SavedStop {
  /** Id of its row. */
  readonly row: string;
  /** The row's time in microseconds since 1970; absent where it has none that can be read. */
  readonly micros?: number;
  /** Its place among rows of the same time; absent where the platform does not tell. */
  readonly seq?: number;
  /** Whether the person was told that something was stopped. */
  readonly told: boolean;
}

/** What is kept of a workspace. Only the first two keys are there always. */
export interface State {
  /** The workspace. */
  readonly workspace_id: string;
  /** Id of the last row of the finished prefix; empty before the first. */
  readonly last_since_id: string;
  /** Id of the row that a start reads from: finished, and old enough that no row can still show up before it. */
  readonly settled_since_id?: string;
  /** That row's time, in ms since 1970. It stays when the id is lost to a 410: windows reach back to it. */
  readonly settled_at?: number;
  /**
   * Where reads that look for very late rows begin: after a row, and its time, or without an id at a time, in ms since
   * 1970. Absent while the settled row is older.
   */
  readonly far?: { readonly id?: string; readonly at?: number };
  /** How far back windows may reach, in ms since 1970 by the platform's clock. */
  readonly floor?: number;
  /** Messages whose turn began and has not ended, by row. */
  readonly attempts?: Readonly<Record<string, Attempt>>;
  /** Processes of back ends that run. */
  readonly children?: readonly SavedChild[];
  /** The newest rows that are done. */
  readonly handled?: readonly HandledRow[];
  /** Older rows that are done stand in the files of these numbers, from the first up to before the second. */
  readonly handled_files?: readonly [first: number, end: number];
  /** Answers that the platform has not taken yet, oldest first. */
  readonly outbox?: readonly OutboxEntry[];
  /** Exchanges with peers. */
  readonly exchanges?: readonly SavedExchange[];
  /** Messages whose senders were told that they wait: when, in ms since 1970. */
  readonly told?: Readonly<Record<string, number>>;
  /** Digests of the texts that a person was shown a moment ago: the same text again keeps its distance. */
  readonly shown?: readonly string[];
  /** Which epoch of their sessions conversations are in; absent while all are in their first one. */
  readonly epochs?: {
    /** The newest epoch that any of them began: a time, in ms since 1970. */
    readonly newest: number;
    /** The epoch of every conversation that is not named in `own`. */
    readonly all: number;
    /** By conversation. */
    readonly own: Readonly<Record<string, OwnEpoch>>;
  };
  /** The newest Stop of a person; absent before the first one. */
  readonly stop?: SavedStop;
  /** Ids of dead letters that were tried again: of their files, should they still be there, nothing more is done. */
  readonly retried?: readonly string[];
}

function isGoState(data: JsonObject): boolean {
  return Object.keys(data).every((key) =>
    key === "workspace_id" || key === "last_since_id"
  ) &&
    typeof data.workspace_id === "string" &&
    typeof (data.last_since_id ?? "") === "string";
}

/**
 * Reads the state of `workspaceId` in `dir`; a workspace without a file has an empty cursor.
 *
 * @throws {StateError} if the file is damaged, of another workspace, of a newer release, or cannot be read.
 */
export async function loadState(
  dir: string,
  workspaceId: string,
): Promise<State> {
  const path = statePaths(dir, workspaceId).state;
  const damaged = (what: string) =>
    new StateError(path, `State file ${path} ${what}`, {
      damaged: true,
      hint: "move it away to start from the bounded look-back",
    });
  let text: string | undefined;
  try {
    text = await readIfThere(path);
  } catch (cause) {
    if (cause instanceof TypeError) throw damaged("is damaged: it is no UTF-8");
    throw new StateError(path, `Cannot read state file ${path}`, {
      cause,
      hint: "check its owner and its mode",
    });
  }
  if (text === undefined) {
    return { workspace_id: workspaceId, last_since_id: "" };
  }
  let data = parseObject(text);
  if (data === undefined) throw damaged("is damaged: it is no JSON object");
  if (isGoState(data)) {
    data = {
      workspace_id: data.workspace_id,
      last_since_id: data.last_since_id ?? "",
    };
  } else {
    const unsealed = unseal(text);
    if (unsealed === undefined) {
      throw damaged("is damaged: its checksum does not fit");
    }
    if (unsealed.version !== VERSION) {
      throw new StateError(
        path,
        `State file ${path} has version ${unsealed.version}, this release knows ${VERSION}`,
        {
          hint: "use the release that wrote it, or a newer one",
        },
      );
    }
    const { version: _, ...rest } = unsealed;
    data = rest;
  }
  if (!isState(data)) throw damaged("is damaged: it has another shape");
  if (data.workspace_id !== workspaceId) {
    throw damaged(`belongs to workspace "${data.workspace_id}"`);
  }
  return data as unknown as State;
}

/**
 * Writes `state` into `dir`: durably, for the owner alone, and never half.
 *
 * @throws {StateError} if it cannot be written; the file then holds what it held.
 */
export async function saveState(dir: string, state: State): Promise<void> {
  const path = statePaths(dir, state.workspace_id).state;
  const { workspace_id, last_since_id, ...rest } = state;
  const text = Object.keys(rest).length === 0
    ? JSON.stringify({ workspace_id, last_since_id }) + "\n"
    : seal({ workspace_id, last_since_id, version: VERSION, ...rest });
  try {
    await makePrivateDir(dir);
    await replaceFile(path, text);
  } catch (cause) {
    throw new StateError(path, `Cannot write state file ${path}`, {
      cause,
      hint: "check the disk's free space, and the directory's owner and mode",
    });
  }
}
