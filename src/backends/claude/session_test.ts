import { assertEquals, assertRejects } from "@std/assert";
import type { ClaudeRun } from "./result.ts";
import { inSession, OneAtATime, type SessionArgs } from "./session.ts";

const ID = "5f1c3c52-27b6-5c4c-9e43-b2c8ad2f3f6b";

function ran(stderr = ""): ClaudeRun {
  return {
    end: { stderr, summary: "" },
    stream: {
      result: undefined,
      resetsAt: undefined,
      retryStatus: undefined,
      stray: "",
    },
  };
}
const UNKNOWN = ran("No conversation found with session ID: x");
const TAKEN = ran("Error: Session ID x is already in use.");

/** Runs a turn whose runs end as told; gives how the session was entered each time, and what was kept. */
async function enter(
  ends: readonly ClaudeRun[],
  { fresh = true, again = false, kept }: {
    fresh?: boolean;
    again?: boolean;
    kept?: string;
  } = {},
) {
  const entered: SessionArgs[] = [];
  const keeping: string[] = [];
  const keep = (text: string) => {
    keeping.push(text);
    return Promise.resolve();
  };
  const ended = await inSession(
    { again, session: { id: ID, fresh, kept, keep } },
    (args) => {
      entered.push(args);
      return Promise.resolve(ends[entered.length - 1] ?? ran());
    },
  );
  return { entered, keeping, ended };
}

Deno.test("inSession() creates the session of a new conversation, and resumes an old one", async () => {
  assertEquals((await enter([])).entered, [["--session-id", ID]]);
  assertEquals((await enter([], { fresh: false })).entered, [["--resume", ID]]);
  // A run that was cut may have created it.
  assertEquals((await enter([], { again: true })).entered, [["--resume", ID]]);
});

Deno.test("inSession() resumes what exists already, and creates what does not", async () => {
  assertEquals((await enter([TAKEN])).entered, [
    ["--session-id", ID],
    ["--resume", ID],
  ]);
  assertEquals((await enter([UNKNOWN], { fresh: false })).entered, [
    ["--resume", ID],
    ["--session-id", ID],
  ]);
});

for (const fresh of [true, false]) {
  Deno.test(`inSession() goes on under a kept id where a session can be neither created nor resumed, fresh: ${fresh}`, async () => {
    const ends = fresh ? [TAKEN, UNKNOWN] : [UNKNOWN, TAKEN];
    const { entered, keeping } = await enter(ends, { fresh });
    const id = keeping[0] ?? "";
    assertEquals(keeping.length, 1);
    assertEquals(entered.at(-1), ["--session-id", id]);
    const later = await enter([], { fresh: false, kept: id });
    assertEquals(later.entered, [["--resume", id]]);
    assertEquals(later.keeping, []);
  });
}

Deno.test("inSession() takes nothing for an id that is none", async () => {
  const { entered } = await enter([], { fresh: false, kept: "--frob" });
  assertEquals(entered, [["--resume", ID]]);
});

Deno.test("inSession() does not try for ever", async () => {
  const { entered, ended } = await enter([TAKEN, UNKNOWN, TAKEN, UNKNOWN]);
  assertEquals(entered.length, 4);
  assertEquals(ended, UNKNOWN);
});

Deno.test("OneAtATime runs the turns of one session one after the other, and others meanwhile", async () => {
  const turns = new OneAtATime();
  const { signal } = new AbortController();
  const first = Promise.withResolvers<void>();
  const order: string[] = [];
  const note = (what: string) => {
    order.push(what);
    return Promise.resolve(what);
  };
  const running = turns.run("a", signal, async () => {
    await first.promise;
    await note("a1");
    throw new Error("failed");
  });
  const next = turns.run("a", signal, () => note("a2"));
  await turns.run("b", signal, () => note("b1"));
  first.resolve();
  await assertRejects(() => running, Error, "failed");
  assertEquals(await next, "a2");
  assertEquals(order, ["b1", "a1", "a2"]);
});

Deno.test("OneAtATime lets a turn that waits be stopped, and the next still waits for the first", async () => {
  const turns = new OneAtATime();
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  const never = new AbortController().signal;
  const order: string[] = [];
  const running = turns.run("a", never, async () => {
    await first.promise;
    order.push("first");
  });
  const turn = (name: string) => () => Promise.resolve(order.push(name));
  const waiting = turns.run("a", stop.signal, turn("stopped"));
  const last = turns.run("a", never, turn("last"));
  stop.abort("stop");
  assertEquals(await waiting.catch((reason) => reason), "stop");
  first.resolve();
  await Promise.all([running, last]);
  assertEquals(order, ["first", "last"]);
  const gone = AbortSignal.abort("gone");
  const outcome = turns.run("a", gone, () => Promise.resolve("never"));
  assertEquals(await outcome.catch((reason) => reason), "gone");
});
