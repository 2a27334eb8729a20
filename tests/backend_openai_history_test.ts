/** What the back end `openai` remembers of a conversation. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BackendError } from "../src/errors.ts";
import { testContext, testMessage, TestSession } from "../src/testing/mod.ts";
import { HttpStage } from "./http_stage.ts";

import { completion, echo, messagesOf, openai } from "./openai_stage.ts";

Deno.test("openai remembers each conversation for itself, over a new start", async () => {
  await using stage = new HttpStage(echo);
  const [one, two] = [new TestSession(), new TestSession()];
  let row = 0;
  const ask = (text: string, session: TestSession) =>
    openai(stage).handle( // a back end of its own each time: nothing is in its memory
      testMessage(text, { activityId: `row-${row++}` }),
      testContext({ session: session.forTurn() }),
    );
  await ask("one", one);
  await ask("two", two);
  await ask("more of one", one);
  assertEquals(messagesOf(stage.last), [
    { role: "user", content: "one" },
    { role: "assistant", content: "re: one" },
    { role: "user", content: "more of one" },
  ]);
  await ask("more of two", two);
  assertEquals(messagesOf(stage.last).map(({ content }) => content), [
    "two",
    "re: two",
    "more of two",
  ]);
});

Deno.test("openai keeps the turn before it gives the answer", async () => {
  await using stage = new HttpStage(echo);
  const lost = new Error("the disk is full");
  const context = testContext({
    session: {
      ...new TestSession().forTurn(),
      keep: () => Promise.reject(lost),
    },
  });
  await assertRejects(
    () => openai(stage).handle(testMessage("hi"), context),
    Error,
    "the disk is full",
  );
});

Deno.test("openai asks a question that is run again as if for the first time", async () => {
  await using stage = new HttpStage(echo);
  const own = new TestSession();
  const backend = openai(stage);
  const ask = (text: string, activityId: string) =>
    backend.handle(
      testMessage(text, { activityId }),
      testContext({ session: own.forTurn() }),
    );
  await ask("first", "row-1");
  await ask("second", "row-2");
  await ask("second", "row-2"); // killed after the turn was kept, before the answer was
  assertEquals(messagesOf(stage.last).map(({ content }) => content), [
    "first",
    "re: first",
    "second",
  ]);
  await ask("third", "row-3");
  assertEquals(
    messagesOf(stage.last).filter(({ content }) => content === "second").length,
    1,
  );
});

Deno.test("openai keeps nothing of a failure, nor of an empty answer", async () => {
  await using stage = new HttpStage(() => completion(""));
  const own = new TestSession();
  const backend = openai(stage);
  const context = testContext({ session: own.forTurn() });
  assertEquals((await backend.handle(testMessage("hi"), context)).parts, []);
  stage.answerWith(() => new Response(null, { status: 500 }));
  await assertRejects(() => backend.handle(testMessage("hi"), context));
  assertEquals(own.kept, undefined);
});

Deno.test("openai sends and keeps no more than history and history_chars allow", async () => {
  await using stage = new HttpStage(echo);
  const own = new TestSession();
  const backend = openai(stage, { history: "2", history_chars: "1000" });
  for (let n = 0; n < 5; n++) {
    await backend.handle(
      testMessage(`question ${n}`, { activityId: `row-${n}` }),
      testContext({ session: own.forTurn() }),
    );
  }
  assertEquals(messagesOf(stage.last).map(({ content }) => content), [
    "question 2",
    "re: question 2",
    "question 3",
    "re: question 3",
    "question 4",
  ]);
  const warnings: string[] = [];
  const { log } = testContext();
  await backend.handle(
    testMessage("x".repeat(999), { activityId: "long" }),
    testContext({
      session: own.forTurn(),
      log: { ...log, warn: (text) => warnings.push(text) },
    }),
  );
  assertStringIncludes(warnings.join(), "too long to be remembered");
  await backend.handle(
    testMessage("next", { activityId: "next" }),
    testContext({ session: own.forTurn() }),
  );
  assertEquals(messagesOf(stage.last).length, 1);
});

Deno.test("openai with history=0 lets every message stand alone", async () => {
  await using stage = new HttpStage(echo);
  const own = new TestSession();
  const backend = openai(stage, { history: "0" });
  for (const activityId of ["row-1", "row-2"]) {
    await backend.handle(
      testMessage("hi", { activityId }),
      testContext({ session: own.forTurn() }),
    );
  }
  assertEquals(messagesOf(stage.last).length, 1);
  assertEquals(own.kept, undefined);
});

Deno.test("openai takes ever less history along while it is too much for the model", async () => {
  let most = Infinity;
  await using stage = new HttpStage((request) =>
    messagesOf(request).length > most
      ? Response.json({
        error: {
          message: "This model's maximum context length is 10 tokens.",
          code: "context_length_exceeded",
        },
      }, { status: 400 })
      : echo(request)
  );
  const own = new TestSession();
  const backend = openai(stage);
  const ask = (n: number) =>
    backend.handle(
      testMessage(`question ${n}`, { activityId: `row-${n}` }),
      testContext({ session: own.forTurn() }),
    );
  for (let n = 0; n < 8; n++) await ask(n);
  most = 5;
  await ask(8);
  assertEquals(messagesOf(stage.last).map(({ content }) => content), [
    "question 6",
    "re: question 6",
    "question 7",
    "re: question 7",
    "question 8",
  ]);
  const asked = stage.requests.length;
  most = 0;
  const error = await assertRejects(() => ask(9), BackendError);
  assertEquals([error.kind, error.failure], ["final", "refused"]);
  assertEquals(stage.requests.length - asked, 3); // with 3 turns, with 1, with none
});
