/**
 * What the chat page shows of agents that do not do what people need: it is no better than the platform's own page, so
 * what would leave a person waiting there does so here. Not called `_test`: `deno task test:browser` runs it.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { browserTest, endBrowser } from "./browser.ts";
import { ChatStage } from "./stage.ts";

Deno.test.afterAll(endBrowser);

/** What tries to run wherever it is taken for HTML. */
const HTML = `<img src=x onerror="document.title='run'"><b>bold</b>`;

/** Asks the platform for something as the agent itself, where no connector is. */
async function post(
  { sandbox, token }: ChatStage,
  path: string,
  body: Record<string, unknown>,
): Promise<void> {
  const answer = await fetch(`${sandbox.url}${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  assert(answer.ok, await answer.text());
}

/** An agent that registers by hand. */
async function byHand(): Promise<ChatStage> {
  const stage = await ChatStage.start();
  await post(stage, "/registry/register", {
    id: stage.id,
    delivery_mode: "poll",
    agent_card: { name: "by hand" },
  });
  return stage;
}

/** A heartbeat that says that nothing goes on; resolves once the page has shown what else it says. */
async function idleBeat(stage: ChatStage, words: string): Promise<void> {
  await post(stage, "/registry/heartbeat", {
    workspace_id: stage.id,
    error_rate: 0,
    sample_error: words,
    active_tasks: 0,
    current_task: "",
    uptime_seconds: 1,
  });
  await stage.page.getByTestId("sample-error").filter({ hasText: words })
    .waitFor();
}

browserTest("where no agent is, the input is locked and says why", async () => {
  await using stage = await ChatStage.start();
  const composer = stage.page.getByTestId("composer");
  assert(await composer.isDisabled());
  assert((await stage.page.getByTestId("note").textContent()) !== "");
  await post(stage, "/registry/register", {
    id: stage.id,
    delivery_mode: "poll",
    agent_card: { name: "by hand" },
  });
  await stage.say("Hello"); // waits until it can be written
  await stage.bubbles("user").filter({ hasText: "Hello" }).waitFor();
  stage.assertClean();
});

browserTest(
  "without receipts a second question leaves the box open, and a reload closes it",
  async () => {
    await using stage = await ChatStage.start({
      ...{ command: "sleep 1; cat", flags: ["--receipts", "off"] },
    });
    await stage.say("One");
    await stage.say("Two");
    await stage.answered("One");
    await stage.answered("Two");
    // The agent says that it is done.
    await stage.page.getByTestId("current-task").waitFor({ state: "detached" });
    assert(await stage.box.isVisible());
    await stage.page.reload();
    await stage.answered("Two");
    assert(!await stage.box.isVisible());
    assertEquals(await stage.bubbles("agent").count(), 2);
    stage.assertClean();
  },
);

browserTest(
  "an agent that never answers leaves the box open; a failure told as activity closes it without a word",
  async () => {
    await using stage = await byHand();
    await stage.say("Hello");
    await stage.page.getByTestId("waiting-line").filter({ hasText: "queued" })
      .waitFor();
    for (const words of ["first", "second"]) await idleBeat(stage, words);
    assert(await stage.box.isVisible());
    await post(stage, `/workspaces/${stage.id}/activity`, {
      activity_type: "a2a_receive",
      method: "message/send",
      status: "error",
      summary: "it broke",
      error_detail: "it broke",
    });
    await stage.idle();
    assertEquals(await stage.bubbles("agent").count(), 0);
    stage.assertClean();
  },
);

browserTest(
  "HTML in the card, in progress and in names of files is text",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const card = join(folder, "card.json");
      const skills = [{ id: "x", name: `skill ${HTML}`, description: HTML }];
      const looks = { name: HTML, description: `about ${HTML}`, model: HTML };
      await Deno.writeTextFile(card, JSON.stringify({ ...looks, skills }));
      const command = [
        `printf '%s\\n' 'reading ${
          HTML.replaceAll("'", `'"'"'`)
        }' >> "$MOLECULE_PROGRESS"`,
        'until [ -e "$DONE" ]; do sleep 0.1; done',
        `cp "$DONE" "$MOLECULE_OUTBOX/<b>bold<b>.txt"; echo done`,
      ].join("; ");
      const done = join(folder, "done");
      await using stage = await ChatStage.start({
        ...{ command: `DONE='${done}'; ${command}`, flags: ["--card", card] },
      });
      const { page } = stage;
      await stage.say("Hello");
      await page.getByTestId("waiting-line").filter({ hasText: "reading <img" })
        .first().waitFor();
      await page.getByTestId("skill").filter({ hasText: "skill <img" })
        .waitFor();
      await Deno.writeTextFile(done, "content");
      await stage.answered("done");
      await stage.idle();
      await stage.bubbles("agent").getByTestId("attachment").waitFor();
      assertEquals(
        await page.locator("#list :is(img, b), #chat :is(img, b)").count(),
        0,
      );
      assert(await page.title() !== "run");
      stage.assertClean();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
