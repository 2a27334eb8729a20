/** The program at work: connecting, stopping, ending. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { ROTATE_CREDENTIALS } from "../src/errors.ts";
import { isWindows } from "../src/os/platform.ts";
import { Sandbox } from "../src/testing/mod.ts";
import { freshDir, Program, run, silentPlatform } from "./program.ts";

/** Arguments that connect a new workspace of `sandbox`. */
function connectArgs(
  sandbox: Sandbox,
  dir: { readonly path: string },
  ...more: readonly string[]
) {
  const { id, token } = sandbox.createWorkspace({ name: "agent" });
  const args = [
    id,
    ...["--api-url", sandbox.url, "--token", token, "--state-dir", dir.path],
    ...["--interval-ms", "50", ...more],
  ];
  return { id, token, args };
}

const MOCK = ["--backend", "mock"];
/** Windows ends a child at once whatever the signal, so there a stop cannot be asked for like this. */
const posix = { ignore: isWindows };

Deno.test(
  "molecule sandbox prints what to paste, shows messages, and stops at SIGTERM",
  posix,
  async () => {
    await using program = new Program(["sandbox", "--admin-token", "-adm1n"]);
    await program.stdout.until("Ctrl-C");
    const { text } = program.stdout;
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(text)!;
    const variable = (name: string) =>
      new RegExp(`^export ${name}=(.*)$`, "m").exec(text)![1]!;
    assertEquals([variable("URL"), variable("ADMIN")], [url, "-adm1n"]);
    await using dir = await freshDir();
    await using agent = new Program(
      ["connect", variable("AGENT"), "--api-url", url, "--backend", "mock"],
      {
        MOLECULE_WORKSPACE_TOKEN: variable("AGENT_TOKEN"),
        MOLECULE_STATE_DIR: dir.path,
      },
    );
    await agent.stderr.until("Connected: workspace");
    const [body] = /^\{"jsonrpc".*\n.*(?=')/m.exec(
      text.replaceAll(/^ +-d '/gm, ""),
    )!;
    for (
      const [token, name] of [
        [variable("ADMIN"), "person"],
        [variable("PEER_TOKEN"), "peer"],
      ] as const
    ) {
      const answer = await fetch(
        `${url}/workspaces/${variable("AGENT")}/a2a`,
        {
          method: "POST",
          headers: { authorization: `Bearer ${token}` },
          body,
        },
      );
      assertEquals(answer.status, 200, await answer.text());
      await program.stdout.until(`${name} → agent: Hello`);
      await program.stdout.until(`agent → ${name}: echo: Hello`);
    }
    agent.signal("SIGTERM");
    await agent.code();
    program.signal("SIGTERM");
    assertEquals(await program.code(), 0);
  },
);

Deno.test(
  "molecule sandbox --open opens the chat page, and goes on where it cannot",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    await using dir = await freshDir();
    await Deno.mkdir(dir.path);
    const args = ["sandbox", "--open", "--admin-token", "a+b"];
    const env = { PATH: dir.path };
    await using without = new Program(args, env);
    assertEquals(
      await without.stderr.until("not opened"),
      "molecule: The chat page was not opened: there is no xdg-open on this machine",
    );
    without.signal("SIGTERM");
    assertEquals(await without.code(), 0);

    const opened = `${dir.path}/opened`;
    await Deno.writeTextFile(
      `${dir.path}/xdg-open`,
      `#!/bin/sh\necho "$1" > ${opened}\nexit 3\n`,
      { mode: 0o700 },
    );
    await using program = new Program(args, env);
    await program.stderr.until("not opened: xdg-open ended with code 3");
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(program.stdout.text)!;
    assertEquals(await Deno.readTextFile(opened), `${url}/#token=a%2Bb\n`);
    program.signal("SIGTERM");
    assertEquals(await program.code(), 0);
  },
);

Deno.test(
  "molecule connect answers, and SIGINT is a stop with exit 0",
  posix,
  async () => {
    await using sandbox = await Sandbox.start();
    await using dir = await freshDir();
    const { id, token, args } = connectArgs(sandbox, dir, ...MOCK);
    await using program = new Program(args);
    await program.stderr.until("Connected: workspace");
    await program.stderr.until(`Platform ${sandbox.url}, back end mock`);
    await program.stderr.until(`State ${dir.path}, molecule `);
    await sandbox.sendAsHuman(id, "my secret plan");
    await program.stderr.until("Delivered to a person");
    assertEquals(sandbox.notifies(id), ["echo: my secret plan"]);
    program.signal("SIGINT");
    assertEquals(await program.code(), 0);
    assertStringIncludes(program.stderr.text, "SIGINT: stopping\n");
    assert(program.stderr.all.at(-1)!.endsWith(" Closed"));
    assertEquals(program.stdout.text, "");
    for (const secret of [token, "my secret plan"]) {
      assert(!program.stderr.text.includes(secret), program.stderr.text);
    }
  },
);

Deno.test(
  "--json prints events on stdout, and log lines as JSON on stderr",
  posix,
  async () => {
    await using sandbox = await Sandbox.start();
    await using dir = await freshDir();
    const { id, args } = connectArgs(sandbox, dir, ...MOCK, "--json");
    await using program = new Program(["connect", ...args]);
    await program.stdout.until('"registered"');
    await sandbox.sendAsHuman(id, "Hello");
    await program.stdout.until('"delivered"');
    program.signal("SIGTERM");
    assertEquals(await program.code(), 0);
    const types = program.stdout.all.map((line) => JSON.parse(line).type);
    for (const line of program.stdout.all) {
      assertMatch(line, /^\{"time":"\d{4}-\d\d-\d\dT[\d:.]+Z","type":"/);
    }
    const order = ["registered", "message", "answered", "delivered", "closed"];
    assertEquals(types.filter((type) => order.includes(type)), order);
    for (const line of program.stderr.all) {
      assertEquals(typeof JSON.parse(line).message, "string");
    }
  },
);

Deno.test("a stop while registering is a stop with exit 0", posix, async () => {
  await using platform = silentPlatform();
  await using dir = await freshDir();
  await using program = new Program([
    ...["W-1", "--token=abc", "--api-url", platform.url, ...MOCK],
    ...["--state-dir", dir.path],
  ]);
  await platform.asked;
  program.signal("SIGINT");
  assertEquals(await program.code(), 0, program.stderr.text);
});

Deno.test("each ending has its exit code and one line that says why", async () => {
  await using sandbox = await Sandbox.start();
  await using dir = await freshDir();
  const { args } = connectArgs(sandbox, dir, ...MOCK);
  await using first = new Program(args);
  await first.stderr.until("Connected: workspace");
  const at = (workspace: string, token: string) => [
    ...[workspace, "--token", token, "--api-url", sandbox.url, ...MOCK],
    ...["--state-dir", dir.path],
  ];
  const other = sandbox.createWorkspace({ name: "other" });
  for (
    const [code, part, line] of [
      [3, ROTATE_CREDENTIALS, at(other.id, "wrong-token-1")],
      [4, "knows no workspace", at(crypto.randomUUID(), other.token)],
      [5, "already connected", args],
    ] as const
  ) {
    const ending = await run(line);
    assertEquals([ending.code, ending.stderr.length], [code, 1]);
    assertStringIncludes(ending.stderr[0]!, part);
  }
});

/** Starts a program, and a turn in it that ends neither by itself nor at a polite signal. */
async function stuckProgram(sandbox: Sandbox, dir: { readonly path: string }) {
  const pipe = `${dir.path}.pipe`;
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const { id, args } = connectArgs(
    sandbox,
    dir,
    ...["--backend", "exec", "--json", "--backend-opt"],
    `cmd=trap "" TERM; exec 3> '${pipe}'; sleep 600 & wait; wait`,
  );
  const program = new Program(args);
  await program.stdout.until('"registered"');
  await sandbox.sendAsHuman(id, "Hello");
  // Opens when the turn opens its end, and ends when everything that the turn started is gone.
  const turn = new Response((await Deno.open(pipe)).readable);
  return { program, turnGone: () => turn.text() };
}

Deno.test("a second signal cuts running turns short", posix, async () => {
  await using sandbox = await Sandbox.start();
  await using dir = await freshDir();
  const { program, turnGone } = await stuckProgram(sandbox, dir);
  await using _ = program;
  program.signal("SIGINT");
  await program.stderr.until("Once more cuts it short");
  program.signal("SIGINT");
  await program.stderr.until("Once more exits at once");
  assertEquals(await program.code(), 0, program.stderr.text);
  await turnGone();
});

Deno.test(
  "a third signal ends everything at once with exit 130",
  posix,
  async () => {
    await using sandbox = await Sandbox.start();
    await using dir = await freshDir();
    const { program, turnGone } = await stuckProgram(sandbox, dir);
    await using _ = program;
    program.signal("SIGINT");
    await program.stderr.until("Once more cuts it short");
    program.signal("SIGTERM");
    await program.stderr.until("Once more exits at once");
    program.signal("SIGINT");
    assertEquals(await program.code(), 130, program.stderr.text);
    await turnGone();
  },
);
