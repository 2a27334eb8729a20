/** What is kept of a conversation with codex: its thread, and what the thread has cost so far. */
import type { Usage } from "../backend.ts";

/** A thread of codex's. */
export interface CodexThread {
  /** Its id, in codex's words. */
  readonly id: string;
  /** What it has cost; codex tells a thread's usage as a whole, not a turn's. */
  readonly usage: Usage;
}

/** What an id of a thread looks like: it becomes an argument. */
const THREAD_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/;

/** Whether `id` can be an argument. */
export function isThreadId(id: unknown): id is string {
  return typeof id === "string" && THREAD_ID.test(id);
}

/** Reads what was kept; undefined where it is nothing, or nothing that can be used. */
export function parseThread(kept: string | undefined): CodexThread | undefined {
  try {
    const { id, usage } = JSON.parse(kept ?? "null") ?? {};
    return isThreadId(id) ? { id, usage: usage ?? {} } : undefined;
  } catch {
    return undefined;
  }
}

/** What a turn cost that brought a thread from `before` to `after`. */
export function difference(after: Usage, before: Usage): Usage {
  const less = (a: number | undefined, b: number | undefined) =>
    a === undefined ? undefined : Math.max(0, a - (b ?? 0));
  const inputTokens = less(after.inputTokens, before.inputTokens);
  const outputTokens = less(after.outputTokens, before.outputTokens);
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  };
}
