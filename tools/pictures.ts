// deno-lint-ignore-file no-console
/**
 * Takes the pictures of the documentation: the sandbox's chat page, with the connector as it is on the other side.
 *
 *     deno task pictures
 */
import { fromFileUrl, join } from "@std/path";
import { endBrowser } from "../tests/browser/browser.ts";
import { ChatStage, type StageOptions } from "../tests/browser/stage.ts";

const FOLDER = fromFileUrl(new URL("../docs/images/", import.meta.url));

/** What the agent of the pictures looks like. */
const CARD = {
  name: "Builder",
  description: "Builds and tests the project, and says what broke.",
  model: "claude-sonnet",
  skills: [
    { id: "build", name: "Build", description: "Builds a branch" },
    { id: "test", name: "Test", description: "Runs the tests" },
    { id: "review", name: "Review", description: "Reads a change" },
  ],
};

const FAILED = `Two of 214 tests failed on \`main\`:

| test | time | since |
|---|---:|---|
| \`retry obeys Retry-After\` | 0.4 s | yesterday |
| \`cursor survives a crash\` | 2.1 s | today |

The first one compares seconds with milliseconds:

\`\`\`ts
const waitMs = retryAfter * 1_000;
\`\`\`

- [x] found the cause
- [ ] waiting for your **go** to push the fix
`;

/** The answers, by the first word of the question. */
const COMMAND = `read -r word rest
case "$word" in
Which) cat "$ANSWER" ;;
Please) echo "Pushed. All 214 tests pass now." ;;
Write) yes 'A line of the report, one of very many that nobody reads in a chat.' | head -n 900 ;;
*) echo "Reading src/retry.ts" >> "$MOLECULE_PROGRESS"; sleep 3
  echo "Running the tests" >> "$MOLECULE_PROGRESS"; sleep 600 ;;
esac`;

async function take(
  name: string,
  options: StageOptions,
  act: (stage: ChatStage) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const card = join(folder, "card.json");
    const answer = join(folder, "answer.md");
    await Deno.writeTextFile(card, JSON.stringify(CARD));
    await Deno.writeTextFile(answer, FAILED);
    await using stage = await ChatStage.start({
      ...{ width: 1000, height: 700 },
      command: `ANSWER='${answer}'; ${COMMAND}`,
      ...options,
      flags: ["--card", card, ...options.flags ?? []],
    });
    await act(stage);
    await stage.page.getByTestId("composer").blur();
    await stage.page.screenshot({
      path: join(FOLDER, `${name}.png`),
      animations: "disabled",
    });
    console.log(`docs/images/${name}.png`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function talk(stage: ChatStage): Promise<void> {
  await stage.say("Which tests failed?");
  await stage.answered("Two of 214");
  await stage.idle();
  await stage.say("Please push it.");
  await stage.answered("Pushed.");
  await stage.idle();
}

async function wait(stage: ChatStage): Promise<void> {
  await stage.say("Find out why the build is slow.");
  await stage.page.getByTestId("waiting-line")
    .filter({ hasText: "⟳ Running the tests" }).waitFor();
}

if (import.meta.main) {
  await Deno.mkdir(FOLDER, { recursive: true });
  await take("chat", {}, talk);
  await take("dark-narrow", { width: 400, height: 700, dark: true }, talk);
  await take("waiting", { height: 420 }, wait);
  await take("stopped", { height: 420 }, async (stage) => {
    await wait(stage);
    await stage.page.getByTestId("stop").click();
    await stage.answered("Stopped.");
    await stage.idle();
  });
  await take("long-answer", { height: 520 }, async (stage) => {
    await stage.say("Write the report.");
    await stage.answered("A line of the report");
    await stage.idle();
  });
  // A server that does not take the operator's key.
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("invalid key", { status: 401 }),
  );
  const url = `url=http://127.0.0.1:${server.addr.port}/`;
  await take("not-configured", {
    ...{ height: 420, backend: ["--backend", "webhook", "--backend-opt", url] },
  }, async (stage) => {
    await stage.say("Hello");
    await stage.bubbles("agent").first().waitFor();
    await stage.page.getByTestId("config-note").first().waitFor();
    await stage.idle();
  });
  await endBrowser();
}
