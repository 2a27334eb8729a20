/** Asks a back end whether it can work, before anything is registered: whoever typed the command can mend it now. */
import type { Backend, Readiness } from "../backends/backend.ts";
import { reason, UsageError } from "../errors.ts";

/** Longest time that a back end may take to say whether it can work. */
const CHECK_MS = 10_000;

/** What a back end said of itself. */
export interface BackendCheck {
  /** Ready where it cannot tell: then the first message will. */
  readonly readiness: Readiness;
  /** Why it could not tell, where it should have. */
  readonly doubt?: string;
}

async function ask(
  check: (signal: AbortSignal) => Promise<Readiness>,
  signal: AbortSignal,
  limitMs: number,
): Promise<Readiness> {
  const limit = new AbortController();
  const late = Promise.withResolvers<never>();
  const end = (why: unknown) => {
    limit.abort(why);
    late.reject(why);
  };
  const timer = setTimeout(
    () => end(new Error(`no answer within ${limitMs / 1_000} s`)),
    limitMs,
  );
  const stopped = () => end(signal.reason);
  signal.addEventListener("abort", stopped);
  try {
    // A race: a check that ignores its signal must not keep the program from starting, or from stopping.
    return await Promise.race([check(limit.signal), late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stopped);
  }
}

/** Asks `backend` whether it can work. @throws the signal's reason once it aborts. */
export async function checkBackend(
  backend: Backend,
  signal: AbortSignal,
  limitMs: number = CHECK_MS,
): Promise<BackendCheck> {
  signal.throwIfAborted();
  if (backend.check === undefined) return { readiness: { ready: true } };
  try {
    const readiness = await ask(
      (limit) => backend.check!(limit),
      signal,
      limitMs,
    );
    return { readiness };
  } catch (error) {
    signal.throwIfAborted();
    return { readiness: { ready: true }, doubt: reason(error) };
  }
}

/** The refusal to start with a back end that cannot work; undefined where it is ready. */
export function notReady(
  backend: Backend,
  readiness: Readiness,
): UsageError | undefined {
  return readiness.ready ? undefined : new UsageError(
    `the back end "${backend.name}" cannot work: ${readiness.reason}`,
    readiness.remedy,
  );
}

/**
 * `backend` as one whose first check is done, so that `connect()` does not ask at once again. What it tells of itself may
 * come late.
 */
export function checkedOnce(backend: Backend): Backend {
  let asked = false;
  const check = (signal: AbortSignal): Promise<Readiness> => {
    if (asked) return backend.check!(signal);
    asked = true;
    return Promise.resolve({ ready: true });
  };
  return {
    ...(backend.check === undefined ? {} : { check }),
    name: backend.name,
    get accepts() {
      return backend.accepts ?? {};
    },
    get secrets() {
      return backend.secrets ?? [];
    },
    handle: (message, context) => backend.handle(message, context),
    close: () => backend.close?.(),
  };
}
