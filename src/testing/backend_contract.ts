/** What every back end has to do, whatever stands behind it. */
import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import type { Backend, BackendContext, Reply } from "../backends/backend.ts";
import { BackendError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { within } from "../os/within.ts";
import { testContext, testMessage, TestSession } from "./backend_context.ts";
import { StartedChildren } from "./started_children.ts";

/** A back end to test. */
export interface ContractSubject {
  /** For the names of the tests. */
  readonly name: string;
  /** Makes one that is ready, and whose answer has the message's text in it. */
  readonly make: () => Backend | Promise<Backend>;
  /**
   * Makes one whose turns last until they are told to end. Call `begun` when a turn is under way; a turn that starts a
   * process is so by itself. Absent: ending a turn in its middle is not tested.
   */
  readonly makeEndless?: (begun: () => void) => Backend | Promise<Backend>;
  /** Longest time that such a turn may take to end once it is told to, in milliseconds; 10 s by default. */
  readonly endMs?: number;
  /** Whether the tests cannot run on this system. */
  readonly ignore?: boolean;
}

/** One thing that a back end has to do. */
export interface ContractCase {
  /** What it does, as a sentence that begins with the subject's name. */
  readonly name: string;
  /** Rejects where the back end does not do it. */
  readonly run: () => Promise<void>;
}

/** More than a session keeps, in bytes. */
const LONG_TEXT_BYTES = 300 * 1024;
/** Longest wait for the end of a turn that was told to end. */
const END_MS = 10_000;
/** Longest wait for the end of a process that was told to end. */
const GONE_MS = 3_000;

/** A back end under test, and what it was given. */
class Bench implements AsyncDisposable {
  readonly children = new StartedChildren();
  /** What it told: log lines, progress. */
  readonly said: unknown[] = [];
  readonly log: Logger;
  readonly #dirs: readonly string[];

  private constructor(readonly backend: Backend, dirs: readonly string[]) {
    this.#dirs = dirs;
    const say = (text: string, fields?: unknown) =>
      void this.said.push(text, fields);
    this.log = { debug: say, info: say, warn: say, error: say };
  }

  static async with(backend: Backend | Promise<Backend>): Promise<Bench> {
    const dirs = [await Deno.makeTempDir(), await Deno.makeTempDir()];
    return new Bench(await backend, dirs);
  }

  context(more: Partial<BackendContext> = {}): BackendContext {
    const [workDir = "", outboxDir = ""] = this.#dirs;
    return testContext({
      ...{ workDir, outboxDir, log: this.log },
      progress: (text) => void this.said.push(text),
      childStarted: (pid) => this.children.started(pid),
      ...more,
    });
  }

  /** One turn. */
  async ask(text: string, more?: Partial<BackendContext>): Promise<Reply> {
    return await this.backend.handle(testMessage(text), this.context(more));
  }

  /** Closes it; nothing of it may be left then. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend.close?.();
    const left = await this.children.left(GONE_MS);
    for (const dir of this.#dirs) await Deno.remove(dir, { recursive: true });
    assertEquals(left, [], "processes that are left, or not disposed of");
  }
}

function textOf(reply: Reply): string {
  return reply.parts.map((part) => part.kind === "text" ? part.text : "")
    .join("\n");
}

/** Every case for `subject`, for a runner of your own; `backendContract()` gives them to `Deno.test()`. */
export function contractCases(subject: ContractSubject): ContractCase[] {
  const { name, make, makeEndless, endMs = END_MS } = subject;
  const cases: ContractCase[] = [];
  const add = (what: string, run: (bench: Bench) => Promise<void>) =>
    cases.push({
      name: `${name} ${what}`,
      async run() {
        await using bench = await Bench.with(make());
        await run(bench);
      },
    });

  add("has a name and can say whether it is ready", async ({ backend }) => {
    assert(backend.name !== "", "the name is empty");
    const { signal } = new AbortController();
    const readiness = await backend.check?.(signal) ?? { ready: true };
    assertEquals(readiness, { ready: true });
  });

  add("answers a message", async (bench) => {
    const text = 'hällo 🙂, and "quotes"';
    assertStringIncludes(textOf(await bench.ask(text)), text);
  });

  add(
    "takes a message without text, and sends no empty part",
    async (bench) => {
      const message = testMessage("", { parts: [] });
      const { parts } = await bench.backend.handle(message, bench.context());
      assert(parts.every((part) => part.kind !== "text" || part.text !== ""));
    },
  );

  add(
    "gives each of several messages at once, in sessions of their own, its own answer",
    async (bench) => {
      const texts = Array.from({ length: 8 }, (_, index) => `text-${index}.`);
      const replies = await Promise.all(
        texts.map((text, index) => {
          const contextId = `context-${index}`;
          const message = testMessage(text, { contextId, activityId: text });
          return bench.backend.handle(message, bench.context());
        }),
      );
      for (const [index, reply] of replies.entries()) {
        assertStringIncludes(textOf(reply), texts[index]!);
      }
    },
  );

  add("answers a second message of the same session", async (bench) => {
    const session = new TestSession();
    for (const text of ["one.", "two."]) {
      const reply = await bench.ask(text, { session: session.forTurn() });
      assertStringIncludes(textOf(reply), text);
      session.answered = true;
    }
  });

  add("keeps no more of a session than fits", async (bench) => {
    const session = new TestSession();
    for (const text of ["a long one", "and another"]) {
      const long = `${text}: ${"long ".repeat(LONG_TEXT_BYTES / 5)}`;
      // A back end may refuse so long a text, but not fail with what the session refuses.
      await bench.ask(long, { session: session.forTurn() }).catch((error) => {
        if (!(error instanceof BackendError)) throw error;
        assert(!(error.cause instanceof RangeError), error.message);
      });
      session.answered = true;
    }
  });

  add("shows its secrets to nobody", async (bench) => {
    const { secrets = [] } = bench.backend;
    assert(secrets.every((secret) => secret !== ""), "a secret is empty");
    const reply = await bench.ask("hello");
    const shown = Deno.inspect([reply, bench.said], { depth: 20 });
    for (const secret of secrets) {
      assert(!shown.includes(secret), "a secret is in the answer or the log");
    }
  });

  add(
    "rejects with the signal's reason where it has aborted, and works on",
    async (bench) => {
      const stop = new Error("stop");
      const signal = AbortSignal.abort(stop);
      const outcome = await bench.ask("hi", { signal }).catch((error) => error);
      assertStrictEquals(outcome, stop);
      assertStringIncludes(textOf(await bench.ask("again")), "again");
    },
  );

  if (makeEndless === undefined) return cases;
  cases.push({
    name:
      `${name} ends a turn in its middle with the signal's reason, and leaves no process`,
    async run() {
      const begun = Promise.withResolvers<void>();
      await using bench = await Bench.with(makeEndless(begun.resolve));
      bench.children.onStarted = begun.resolve;
      const stop = new AbortController();
      const reason = new Error("stop");
      const turn = bench.ask("hi", { signal: stop.signal });
      const outcome = turn.then(
        () => "an answer",
        (error: unknown) => error,
      );
      await Promise.race([begun.promise, outcome]);
      stop.abort(reason);
      assert(
        await within(outcome, endMs),
        `the turn did not end within ${endMs} ms of its signal's abort`,
      );
      assertStrictEquals(await outcome, reason);
    },
  });
  return cases;
}

/**
 * Registers a test for everything that a back end has to do: a name, `check()`, answers to texts of any kind and
 * length, several turns at once, a second turn of a session, what may be kept of it, secrets, the signal, and that no
 * process is left after `close()`.
 *
 * In a test file: `backendContract({ name: "mine", make: () => new MyBackend() });`
 *
 * @example
 * ```ts
 * import { textReply } from "@molecule/connect";
 * import { contractCases } from "@molecule/connect/testing";
 *
 * const echo = {
 *   name: "echo",
 *   handle(message: { text: string }, context: { signal: AbortSignal }) {
 *     if (context.signal.aborted) return Promise.reject(context.signal.reason);
 *     return Promise.resolve(textReply(message.text));
 *   },
 * };
 * // What backendContract() registers, run here and now.
 * for (const { run } of contractCases({ name: "echo", make: () => echo })) {
 *   await run();
 * }
 * ```
 */
export function backendContract(subject: ContractSubject): void {
  const { ignore = false } = subject;
  for (const { name, run } of contractCases(subject)) {
    Deno.test({ name, ignore, fn: run });
  }
}
