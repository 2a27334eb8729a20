/** The chat page of the sandbox, as a person uses it. Not called `_test`: `deno task test:browser` runs it. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { browserTest, endBrowser, openPage } from "./browser.ts";
import { ChatStage } from "./stage.ts";

Deno.test.afterAll(endBrowser);

browserTest("a question is answered, and the box closes", async () => {
  await using stage = await ChatStage.start({ command: "sleep 1; cat" });
  await stage.say("Hello there");
  await stage.box.waitFor();
  await stage.page.getByTestId("waiting-line").filter({
    hasText: "Answering a person",
  }).waitFor();
  await stage.answered("Hello there");
  await stage.idle();
  stage.assertClean();
});

browserTest(
  "two open questions: the box closes after the second answer, and not before the first",
  async () => {
    await using stage = await ChatStage.start({ command: "sleep 2; cat" });
    // What the box did, and which answers came, in the order in which the page showed it.
    await stage.page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(globalThis, { seen });
      const { document, MutationObserver } = globalThis as unknown as {
        document: {
          getElementById(id: string): { hidden: boolean };
          querySelectorAll(selector: string): { length: number };
        };
        MutationObserver: new (look: () => void) => {
          observe(node: unknown, options: unknown): void;
        };
      };
      const look = () => {
        const box = document.getElementById("waiting").hidden
          ? "closed"
          : "open";
        const answers = document.querySelectorAll(
          "[data-testid=bubble-agent]",
        ).length;
        const now = `${answers} ${box}`;
        if (seen.at(-1) !== now) seen.push(now);
      };
      new MutationObserver(look).observe(document.getElementById("chat"), {
        ...{ subtree: true, childList: true, attributes: true },
      });
    });
    await stage.say("First");
    await stage.page.getByTestId("waiting-line").filter({
      hasText: "Answering a person",
    }).waitFor();
    await stage.page.waitForTimeout(1_200); // a good second apart, as people are
    await stage.say("Second");
    await stage.answered("Second");
    await stage.idle();
    const seen = await stage.page.evaluate(() =>
      (globalThis as unknown as { seen: string[] }).seen
    );
    assertEquals(seen.slice(seen.indexOf("0 open")), [
      ...["0 open", "1 open", "2 open", "2 closed"],
    ]);
    stage.assertClean();
  },
);

browserTest("Stop ends the wait with a word", async () => {
  await using stage = await ChatStage.start({ command: "sleep 600; cat" });
  await stage.say("Something long");
  await stage.page.getByTestId("waiting-line").filter({
    hasText: "Answering a person",
  }).waitFor();
  await stage.page.getByTestId("stop").click();
  await stage.answered("Stopped.");
  await stage.idle();
  assertEquals(await stage.bubbles("agent").count(), 1);
  stage.assertClean();
});

browserTest("a failure is a bubble, and the box closes", async () => {
  await using stage = await ChatStage.start({
    ...{ command: "exit 1", flags: ["--max-attempts", "1"] },
  });
  await stage.say("Hello");
  await stage.answered("Please try again");
  await stage.idle();
  stage.assertClean();
});

browserTest("HTML and script in an answer are text", async () => {
  const html =
    `<script>document.title="run"</script><img src=x onerror="document.title='run'"><b>bold</b> [x](javascript:alert(1))`;
  await using stage = await ChatStage.start({ command: "cat" });
  await stage.say(html);
  await stage.answered("<script>");
  await stage.answered("<b>bold</b>");
  const bubble = stage.bubbles("agent").first();
  assertEquals(await bubble.locator("script, img, b").count(), 0);
  assertEquals(await bubble.locator("a[href^='javascript']").count(), 0);
  assert(await stage.page.title() !== "run");
  stage.assertClean();
});

browserTest("a table, a list and code are what they are", async () => {
  const text = [
    "# Results",
    "",
    "| test | time |",
    "|---|---:|",
    "| one | 1 s |",
    "",
    "- [x] done",
    "- **bold** and `code`",
    "",
    "```ts",
    "const a = 1 < 2;",
    "```",
    "",
    "[docs](https://docs.example/)",
  ].join("\\n");
  await using stage = await ChatStage.start({ command: `printf '${text}'` });
  await stage.say("Show me");
  await stage.answered("Results");
  const bubble = stage.bubbles("agent").first();
  assertEquals(await bubble.locator("td").allTextContents(), ["one", "1 s"]);
  assertEquals(await bubble.locator("li").count(), 2);
  assertEquals(await bubble.locator("strong").textContent(), "bold");
  assert(
    (await bubble.locator("pre").textContent())?.includes("const a = 1 < 2;"),
  );
  const link = bubble.locator("a[href='https://docs.example/']");
  assert((await link.getAttribute("rel"))?.includes("noopener"));
  stage.assertClean();
});

browserTest(
  "a megabyte of answer is a bubble that can be used, and a file",
  async () => {
    await using stage = await ChatStage.start({
      command: "yes 'one line of a very long answer' | head -c 1000000",
    });
    await stage.say("Everything");
    await stage.answered("one line of a very long answer");
    await stage.idle();
    const text = await stage.bubbles("agent").first().textContent() ?? "";
    assert(text.length < 12_000, `${text.length} characters`);
    await stage.page.getByTestId("attachment").first().waitFor();
    // The next question is typed, sent and answered.
    await stage.say("Again");
    await stage.bubbles("agent").nth(1).waitFor();
    stage.assertClean();
  },
);

browserTest(
  "a file goes to the agent, and one comes back, after a reload too",
  async () => {
    await using stage = await ChatStage.start({
      command: 'cp "$MOLECULE_FILES" "$MOLECULE_OUTBOX"/; echo got it',
    });
    const { page } = stage;
    await page.getByTestId("file-picker").setInputFiles({
      ...{ name: "notes.txt", mimeType: "text/plain" },
      buffer: Buffer.from("a note"),
    });
    await page.getByTestId("draft-file").waitFor();
    await page.getByTestId("send").click();
    await stage.answered("got it");
    await stage.idle();
    assertEquals(
      await stage.bubbles("agent").getByTestId("attachment").count(),
      1,
    );
    await page.reload();
    await stage.answered("got it");
    assert(!await stage.box.isVisible());
    stage.assertClean();
  },
);

for (const isOlder of [false, true]) {
  const name = isOlder ? "older" : "newer";
  browserTest(`a new session, with the ${name} platform`, async () => {
    await using stage = await ChatStage.start({
      ...{ command: 'cat; echo " in $MOLECULE_SESSION"', isOlder },
    });
    const sessions: string[] = [];
    const ask = async (text: string) => {
      await stage.say(text);
      await stage.answered(`${text} in`);
      const answer = await stage.bubbles("agent").last().textContent() ?? "";
      sessions.push(/[0-9a-f-]{36}/.exec(answer)?.[0] ?? "");
    };
    await ask("one");
    await ask("two");
    await stage.page.getByTestId("new-session").click();
    await ask("three");
    await ask("four");
    const [one, two, three, four] = sessions;
    assertEquals(two, one);
    assertEquals(four, three);
    assert(three !== one && three !== "");
    stage.assertClean();
  });
}

browserTest("all of it by the keyboard, on a narrow screen", async () => {
  await using stage = await ChatStage.start({
    ...{ command: "cat", width: 320, height: 640, dark: true },
  });
  const { page } = stage;
  const focus = () =>
    page.evaluate(() => {
      const { document } = globalThis as unknown as {
        document: { activeElement: { dataset?: { testid?: string } } | null };
      };
      return document.activeElement?.dataset?.testid ?? "";
    });
  for (let at = 0; at < 40 && await focus() !== "composer"; at++) {
    await page.keyboard.press("Tab");
  }
  assertEquals(await focus(), "composer");
  await page.keyboard.type("a".repeat(300));
  await page.keyboard.press("Enter");
  await stage.answered("aaa");
  await stage.idle();
  const tooWide = await page.evaluate(() => {
    const { document } = globalThis as unknown as {
      document: {
        documentElement: { scrollWidth: number; clientWidth: number };
      };
    };
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
  assertEquals(tooWide, 0);
  stage.assertClean();
});

browserTest("without the token the page shows nothing", async () => {
  await using stage = await ChatStage.start();
  await using opened = await openPage(`${stage.sandbox.url}/`);
  await opened.page.getByLabel("Admin token").waitFor();
  assertEquals(await opened.page.getByTestId("workspace-tab").count(), 0);
  await stage.page.getByTestId("workspace-tab").first().waitFor();
  assert(!stage.page.url().includes(stage.sandbox.adminToken));
});
