/** The contract notices what back ends must not do. */
import { assertEquals, assertRejects } from "@std/assert";
import { type Backend, type BackendContext, textReply } from "../mod.ts";
import { contractCases } from "../src/testing/mod.ts";

type Handle = (text: string, context: BackendContext) => Promise<string>;

/** A back end in a few words. */
function made(handle: Handle, more: Partial<Backend> = {}): Backend {
  return {
    name: "made",
    async handle({ text }, context) {
      return textReply(await handle(text, context));
    },
    ...more,
  };
}

const good: Handle = (text, { signal }) =>
  signal.aborted ? Promise.reject(signal.reason) : Promise.resolve(text);

async function failures(
  make: () => Backend,
  makeEndless?: (begun: () => void) => Backend,
): Promise<string[]> {
  const failed: string[] = [];
  const subject = { name: "made", make };
  const cases = contractCases(
    makeEndless === undefined ? subject : { ...subject, makeEndless },
  );
  for (const { name, run } of cases) {
    await run().catch(() => failed.push(name));
  }
  return failed;
}

Deno.test("a back end that does what it has to passes", async () => {
  const endless: Handle = (_, { signal }) =>
    new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  const makeEndless = (begun: () => void) =>
    made((text, context) => {
      begun();
      return endless(text, context);
    });
  assertEquals(await failures(() => made(good), makeEndless), []);
});

let shared = "";

const BAD: readonly (readonly [string, () => Backend, readonly string[]])[] = [
  ["has no name", () => made(good, { name: "" }), [
    "made has a name and can say whether it is ready",
  ]],
  ["ignores the signal", () => made((text) => Promise.resolve(text)), [
    "made rejects with the signal's reason where it has aborted, and works on",
  ]],
  [
    "mixes turns up",
    () =>
      made(async (text, context) => {
        shared = text;
        await Promise.resolve();
        return await good(shared, context);
      }),
    [
      "made gives each of several messages at once, in sessions of their own, its own answer",
    ],
  ],
  [
    "keeps too much",
    () =>
      made(async (text, context) => {
        await context.session.keep(text);
        return await good(text, context);
      }),
    ["made keeps no more of a session than fits"],
  ],
  [
    "answers once a session only",
    () =>
      made((text, context) => good(context.session.fresh ? text : "", context)),
    ["made answers a second message of the same session"],
  ],
  [
    "logs its key",
    () =>
      made((text, context) => {
        context.log.debug("asking", { key: "k-123" });
        return good(text, context);
      }, { secrets: ["k-123"] }),
    ["made shows its secrets to nobody"],
  ],
];
for (const [what, make, expected] of BAD) {
  Deno.test(`a back end that ${what} is noticed`, async () => {
    assertEquals(await failures(make), expected);
  });
}

Deno.test("a turn that does not end when it is told to is noticed", async () => {
  const makeEndless = (begun: () => void) =>
    made(() => {
      begun();
      return new Promise(() => {});
    });
  const ends = contractCases({
    ...{ name: "made", make: () => made(good), makeEndless, endMs: 5 },
  }).find(({ name }) => name.startsWith("made ends a turn in its middle"))!;
  await assertRejects(ends.run, Error, "the turn did not end within 5 ms");
});

Deno.test("a process that is left is noticed", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "setTimeout(() => {}, 600_000)"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const leaving = made(async (text, context) => {
    using _ = context.childStarted(child.pid);
    return await good(text, context);
  });
  const answers = contractCases({ name: "made", make: () => leaving })
    .find(({ name }) => name === "made answers a message")!;
  await assertRejects(answers.run, Error, "processes that are left");
  child.kill("SIGKILL");
  await child.status;
});
