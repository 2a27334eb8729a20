/** One run of the back end: its time limit, and what becomes of a turn that ignores its signal. */
import type {
  Backend,
  BackendContext,
  InboundMessage,
  Reply,
} from "../backends/backend.ts";
import { BackendError } from "../errors.ts";
import { EndAtOnce } from "../os/child_process.ts";

/** Why a turn was told to end by us: it counts for nothing and is run again at the next start. */
export class TurnCut extends Error {
  /** The class's name. */
  override readonly name = "TurnCut";
}

/** Why a turn was told to end by its sender: what it gives is dropped, and it is not run again. */
export class TurnStopped extends EndAtOnce {
  /** The class's name. */
  override readonly name = "TurnStopped";
}

/** How to run a turn. */
export interface TurnOptions {
  /** The back end. */
  readonly backend: Backend;
  /** Longest time of the turn; undefined for no limit. */
  readonly timeoutMs: number | undefined;
  /** Aborts with a `TurnCut` or a `TurnStopped` when the turn has to end. */
  readonly cut: AbortSignal;
  /** How long a turn that was told to end may take before it is abandoned. */
  readonly abandonAfterMs: number;
  /** The rest of the back end's context. */
  readonly context: Omit<BackendContext, "signal">;
}

function isReply(value: unknown): value is Reply {
  return typeof value === "object" && value !== null &&
    Array.isArray((value as Reply).parts);
}

/**
 * Runs the back end once.
 *
 * @throws {TurnCut | TurnStopped} if `cut` aborted, whatever the back end made of it.
 * @throws {BackendError} of kind `final` after the time limit.
 * @throws what the back end threw.
 */
export async function runTurn(
  message: InboundMessage,
  options: TurnOptions,
): Promise<Reply> {
  const { backend, timeoutMs, cut, abandonAfterMs } = options;
  cut.throwIfAborted();
  const end = new AbortController();
  const onCut = () => end.abort(cut.reason);
  cut.addEventListener("abort", onCut, { once: true });
  const tooLong = new BackendError(
    "final",
    `The back end "${backend.name}" took longer than ${timeoutMs} ms`,
    {
      failure: "timeout",
      hint: "raise the time-out, or look at what it is doing",
    },
  );
  const timer = timeoutMs === undefined
    ? undefined
    : setTimeout(() => end.abort(tooLong), timeoutMs);
  let abandon: ReturnType<typeof setTimeout> | undefined;
  const abandoned = new Promise<never>((_, reject) => {
    end.signal.addEventListener("abort", () => {
      abandon = setTimeout(() => reject(end.signal.reason), abandonAfterMs);
    }, { once: true });
  });
  abandoned.catch(() => {}); // lost the race, or nobody waits any more
  try {
    const turn = Promise.resolve().then(() =>
      backend.handle(message, { ...options.context, signal: end.signal })
    );
    turn.catch(() => {}); // where it was abandoned, its late end interests nobody
    const reply: unknown = await Promise.race([turn, abandoned]);
    end.signal.throwIfAborted(); // what a turn gives that was told to end may be half an answer
    if (!isReply(reply)) {
      throw new BackendError(
        "final",
        `The back end "${backend.name}" gave no reply: it must return { parts: [...] }`,
      );
    }
    return reply;
  } catch (error) {
    if (end.signal.aborted) throw end.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    clearTimeout(abandon);
    cut.removeEventListener("abort", onCut);
  }
}
