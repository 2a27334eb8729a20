/**
 * One session of `claude` for each conversation: entered by the conversation's own UUID, so that nothing has to be kept
 * for it, and one run at a time.
 *
 * @module
 */
import { isUuid } from "../../uuid.ts";
import type { BackendContext } from "../backend.ts";
import { type ClaudeRun, sessionRefusal } from "./result.ts";

/** How a session is entered. */
export type SessionArgs = readonly ["--resume" | "--session-id", string];

/** Enough for every order of refusals, and for a session of a new id after them. */
const MAX_RUNS = 4;

/**
 * Runs claude in the conversation's session: one that was begun is resumed, else one is created. What claude refuses is
 * tried the other way round. A run that was killed at its very beginning leaves a session that is in use and cannot be
 * resumed: the conversation then goes on under another id, which is kept.
 */
export async function inSession(
  { session, again }: Pick<BackendContext, "session" | "again">,
  run: (args: SessionArgs) => Promise<ClaudeRun>,
): Promise<ClaudeRun> {
  let id = session.kept !== undefined && isUuid(session.kept)
    ? session.kept
    : session.id;
  let flag: SessionArgs[0] = session.fresh && !again
    ? "--session-id"
    : "--resume";
  const refused = new Set<string>();
  for (let runs = 1;; runs++) {
    const ended = await run([flag, id]);
    const refusal = sessionRefusal(ended);
    if (refusal === undefined || runs === MAX_RUNS) return ended;
    refused.add(refusal);
    flag = refusal === "unknown" ? "--session-id" : "--resume";
    if (refused.size < 2) continue;
    refused.clear();
    id = crypto.randomUUID();
    flag = "--session-id";
    await session.keep(id);
  }
}

/**
 * Lets one turn of a session run at a time: of two that resume at once, claude would lose one. The core does not ask
 * for two, but a turn that it abandoned may still be ending.
 */
export class OneAtATime {
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Runs `turn` when no other one of `key` runs any more.
   *
   * @throws the reason of `signal`, if it aborts while this waits.
   */
  async run<T>(
    key: string,
    signal: AbortSignal,
    turn: () => Promise<T>,
  ): Promise<T> {
    const before = this.#last.get(key);
    const over = Promise.withResolvers<void>();
    // Also where this one gives up waiting, the next waits for all before it.
    const last = Promise.all([before, over.promise]).then(() => {});
    this.#last.set(key, last);
    void last.then(() => {
      if (this.#last.get(key) === last) this.#last.delete(key);
    });
    try {
      await orAborted(before, signal);
      return await turn();
    } finally {
      over.resolve();
    }
  }
}

/** Resolves with `promise`, or rejects when `signal` aborts. */
async function orAborted(
  promise: Promise<void> | undefined,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
