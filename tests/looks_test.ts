/** How the agent looks: the card that the program registers. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../src/testing/mod.ts";
import { VERSION } from "../src/version.ts";
import { freshDir, Program } from "./program.ts";

Deno.test("--card and its flags: what they say is registered, with what they leave out", async () => {
  await using sandbox = await Sandbox.start();
  await using dir = await freshDir();
  const { id, token } = sandbox.createWorkspace({ name: "agent" });
  const file = await Deno.makeTempFile({ suffix: ".jsonc" });
  const skill = { id: "a", name: "A", description: "does a", tags: ["x"] };
  await Deno.writeTextFile(
    file,
    `// looks\n${
      JSON.stringify({ name: "Of the file", icon: "🦊", skills: [skill] })
    }`,
  );
  try {
    await using program = new Program([
      ...[id, "--api-url", sandbox.url, "--token", token, "--once"],
      ...["--state-dir", dir.path, "--backend", "mock", "--since-secs", "0"],
      ...["--card", file, "--agent-description", "Own", "--agent-model", "m"],
    ]);
    assertEquals(await program.code(), 0, program.stderr.text);
  } finally {
    await Deno.remove(file);
  }
  assertEquals(sandbox.requestsTo("register").map(({ json }) => json), [{
    id,
    agent_card: {
      name: "Of the file",
      icon: "🦊",
      skills: [skill],
      model: "m",
      description: "Own",
      version: VERSION,
    },
    delivery_mode: "poll",
  }]);
});
