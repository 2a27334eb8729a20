/** `claude-code` behind the whole connector: each conversation has a session of its own, whatever happens in between. */
import { assert, assertEquals } from "@std/assert";
import { createBackend } from "../src/backends/registry.ts";
import { type ClaudeStandIn, withClaude } from "./backend_claude_stand_in.ts";
import { Bench } from "./harness.ts";

/** A claude that answers with everything that its session was asked. */
function historian({ bin }: ClaudeStandIn) {
  return createBackend("claude-code", { bin, model: "history" });
}

/** How a session was entered and what was asked there, for each run in order. */
async function runs(claude: ClaudeStandIn) {
  return (await claude.calls()).filter(({ args }) => args[0] === "-p").map(
    ({ args, stdin }) => ({
      session: args.slice(7, 9),
      again: stdin.split("\n")[0]!.includes("interrupted before"),
    }),
  );
}

/** The answers, by conversation: the letter that its texts begin with. */
function answersOf(bench: Bench, letter: string): string[] {
  return bench.toPeer.filter((text) => text.startsWith(letter));
}

const GROWING = (letter: string, length: number) =>
  Array.from(
    { length },
    (_, at) =>
      Array.from({ length: at + 1 }, (_, n) => `${letter}${n + 1}`).join(" | "),
  );

withClaude(
  "claude-code keeps two conversations apart and in order, over a restart and with two messages at once",
  async (claude) => {
    await using bench = await Bench.start();
    const say = (text: string) => bench.ping(text, { contextId: text[0]! });
    const first = await bench.connect(historian(claude), { concurrency: 2 });
    for (const text of ["a1", "b1", "a2", "b2"]) await say(text);
    await bench.until(() => bench.count("delivered") === 4);
    await first.close();
    await bench.connect(historian(claude), { concurrency: 2 });
    for (const text of ["a3", "a4", "b3", "b4"]) await say(text);
    await bench.until(() => bench.count("delivered") === 8);
    assertEquals(answersOf(bench, "a"), GROWING("a", 4));
    assertEquals(answersOf(bench, "b"), GROWING("b", 4));
    const sessions = (await runs(claude)).map(({ session }) => session);
    assertEquals(new Set(sessions.map(([, id]) => id)).size, 2);
    // Nothing was tried in vain: the core knows which conversation is new.
    assertEquals(
      sessions.map(([flag]) => flag).sort(),
      [...Array(6).fill("--resume"), ...Array(2).fill("--session-id")],
    );
  },
);

withClaude(
  "claude-code lets no peer into the session of a person whose conversation it names",
  async (claude) => {
    await using bench = await Bench.start();
    await bench.connect(historian(claude));
    const contextId = "canvas-1";
    await bench.sandbox.sendAsHuman(bench.agent.id, "mine", { contextId });
    await bench.until(() => bench.count("delivered") === 1);
    await bench.ping("theirs", { contextId });
    await bench.until(() => bench.count("delivered") === 2);
    assertEquals(bench.toPeer, ["theirs"]);
  },
);

withClaude(
  "claude-code goes on where a first turn was killed at its very beginning",
  async (claude) => {
    await using bench = await Bench.start();
    await bench.connect(historian(claude));
    await claude.killAtTheBeginning(true);
    await bench.ping("a1", { contextId: "a" });
    await bench.until(() => bench.count("turn_failed") === 1);
    await claude.killAtTheBeginning(false);
    await bench.until(() => bench.count("delivered") === 1);
    await bench.ping("a2", { contextId: "a" });
    await bench.until(() => bench.count("delivered") === 2);
    assertEquals(bench.toPeer, ["a1", "a1 | a2"]);
    const again = (await runs(claude)).map(({ again }) => again);
    assertEquals([again[0], again[1], again.at(-1)], [false, true, false]);
  },
);

withClaude(
  "claude-code runs a question again that a stop has cut, and says so; no other history is lost",
  async (claude) => {
    await using bench = await Bench.start();
    const first = await bench.connect(historian(claude));
    await bench.ping("a1", { contextId: "a" });
    await bench.until(() => bench.count("delivered") === 1);
    await first.close();
    const hanging = createBackend("claude-code", {
      bin: claude.bin,
      model: "hang",
    });
    const begun = Promise.withResolvers<void>();
    const second = await bench.connect(
      {
        ...{ name: hanging.name },
        handle: (message, context) =>
          hanging.handle(message, {
            ...context,
            progress: () => begun.resolve(),
          }),
      },
      { graceMs: 0 },
    );
    await bench.ping("a2", { contextId: "a" });
    await begun.promise;
    await second.close();
    assert(await claude.interrupted());
    await bench.connect(historian(claude));
    await bench.until(() => bench.count("delivered") === 2);
    // It stood in the transcript already, and now stands there twice.
    assertEquals(bench.toPeer, ["a1", "a1 | a2 | a2"]);
    const again = (await runs(claude)).map(({ again }) => again);
    assertEquals(again, [false, false, true]);
  },
);
