/** The program as people run it: argv and signals in; stdout, stderr and an exit code out. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import manifest from "../deno.json" with { type: "json" };
import { isWindows } from "../src/os/platform.ts";
import { Sandbox } from "../src/testing/mod.ts";

const ROOT = new URL("../", import.meta.url);
const MAP = Deno.env.get("MOLECULE_IMPORT_MAP") ?? "";

/** Variables of whoever runs the tests must not matter: an empty one counts as not set. */
const NO_ENV = Object.fromEntries(
  Object.keys(Deno.env.toObject())
    .filter((name) => /^(MOLECULE_|PLATFORM_URL|WORKSPACE_ID)/.test(name))
    .map((name) => [name, ""]),
);

/** Lines of a stream, and waiting for one. */
class Lines {
  text = "";
  readonly ended: Promise<void>;
  #changed = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      this.text += piece;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
    this.#changed.resolve();
  }

  get all(): string[] {
    return this.text.split("\n").slice(0, -1);
  }

  /** Resolves when a whole line contains `part`; throws when the stream ends without one. */
  async until(part: string): Promise<string> {
    let over = false;
    void this.ended.then(() => over = true);
    for (;;) {
      const { promise } = this.#changed;
      const line = this.all.find((line) => line.includes(part));
      if (line !== undefined) return line;
      assert(!over, `ended without "${part}":\n${this.text}`);
      await promise;
    }
  }
}

/** The running program; disposing ends it if it has not ended by itself. */
class Program implements AsyncDisposable {
  readonly stdout: Lines;
  readonly stderr: Lines;
  readonly #child: Deno.ChildProcess;

  constructor(
    args: readonly string[],
    env: Record<string, string> = {},
    entry = "cli.ts",
  ) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        ...(MAP === "" ? [] : ["--no-lock", `--import-map=${MAP}`]),
        new URL(entry, ROOT).href,
        ...args,
      ],
      env: { ...NO_ENV, NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.stdout = new Lines(this.#child.stdout);
    this.stderr = new Lines(this.#child.stderr);
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** The exit code, once everything was read. */
  async code(): Promise<number> {
    const { code } = await this.#child.status;
    await Promise.all([this.stdout.ended, this.stderr.ended]);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await this.code();
  }
}

async function run(args: readonly string[], entry?: string) {
  await using program = new Program(args, {}, entry);
  const code = await program.code();
  return { code, stdout: program.stdout.all, stderr: program.stderr.all };
}

/** A directory that does not exist yet, in one that goes away. */
async function freshDir() {
  const parent = await Deno.makeTempDir();
  return {
    path: `${parent}/state`,
    exists: () => Deno.stat(`${parent}/state`).then(() => true, () => false),
    [Symbol.asyncDispose]: () => Deno.remove(parent, { recursive: true }),
  };
}

/** A platform that counts requests and answers none before it ends. */
function silentPlatform() {
  let requests = 0;
  const asked = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async () => {
    requests++;
    asked.resolve();
    await over.promise;
    return new Response();
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    count: () => requests,
    asked: asked.promise,
    [Symbol.asyncDispose]: () => {
      over.resolve();
      return server.shutdown();
    },
  };
}

const USAGE_ERRORS: readonly (readonly [string, string])[] = [
  ["W --bakend mock", "did you mean --backend?"],
  ["conect W", "did you mean connect?"],
  ["nope", 'unknown command "nope"'],
  ["ws-target extra --backend mock", 'unexpected argument "extra"'],
  ["W --interval-ms 0", '--interval-ms "0"'],
  ["../W", 'workspace id "../W"'],
  ["W --backend mok", "mock"],
  ["W --backend mock --backend-opt reply", "KEY=VALUE"],
  ["W --token", "--token=TOKEN"],
  ["W --token-file no/such/file --backend mock", "no/such/file"],
  ["sandbox --port 70000", '--port "70000"'],
  [
    "W --backend exec --backend-opt cmd=cat --backend-opt cwd=no/such/dir",
    "as cwd",
  ],
  ["W --backend-opt bin=no-such-claude", "no-such-claude"],
];

for (const [line, part] of USAGE_ERRORS) {
  Deno.test(`"molecule ${line}" is a usage error: one line, exit 2, nothing sent or written`, async () => {
    await using dir = await freshDir();
    await using platform = silentPlatform();
    const common = ["--api-url", platform.url, "--state-dir", dir.path];
    const token = line.includes("--token") ? [] : ["--token=-abC_9"];
    const args = line.startsWith("sandbox") ? [] : [...token, ...common];
    // A flag that lacks its value comes last.
    const { code, stdout, stderr } = await run([...args, ...line.split(" ")]);
    assertEquals({ code, stdout, lines: stderr.length }, {
      code: 2,
      stdout: [],
      lines: 1,
    }, stderr.join("\n"));
    assert(stderr[0]!.startsWith("molecule: "), stderr[0]);
    assertStringIncludes(stderr[0]!, part);
    assert(!stderr[0]!.includes("-abC_9"));
    assertEquals([platform.count(), await dir.exists()], [0, false]);
  });
}

/** Arguments of a dry run of workspace W-1. */
function dryRunArgs(url: string, dir: string, ...more: readonly string[]) {
  return [
    ...["W-1", "--dry-run", "--token", "-abC_9-token", "--api-url", url],
    ...["--state-dir", dir, ...more],
  ];
}

for (const entry of ["cli.ts", "mod.ts"]) {
  Deno.test(`--dry-run through ${entry} sends and writes nothing, and keeps secrets to itself`, async () => {
    await using dir = await freshDir();
    await using platform = silentPlatform();
    const options = ["--backend-opt", "cmd=env API_KEY=s3cret-s3cret cat"];
    const { code, stdout, stderr } = await run(
      dryRunArgs(platform.url, dir.path, "--backend", "exec", ...options),
      entry,
    );
    assertEquals([code, stdout], [0, []], stderr.join("\n"));
    const summary = stderr.join("\n");
    for (
      const part of [
        platform.url,
        "W-1",
        "exec: ready",
        'cmd="env API_KEY=[redacted] cat"',
        `${dir.path}: will be made`,
        "the platform is not asked",
      ]
    ) assertStringIncludes(summary, part);
    for (const secret of ["-abC_9", "s3cret"]) {
      assert(!summary.includes(secret), summary);
    }
    assertEquals([platform.count(), await dir.exists()], [0, false]);
  });
}

Deno.test("--dry-run ends with exit 2 and the remedy where connect would refuse to start", async () => {
  await using dir = await freshDir();
  await using platform = silentPlatform();
  const dry = (...more: string[]) =>
    run(dryRunArgs(platform.url, dir.path, ...more));
  const claude = ["--backend-opt", "bin=no-such-claude"];
  const text = await dry(...claude);
  assertEquals([text.code, text.stdout], [2, []]);
  assertStringIncludes(text.stderr.at(-1)!, "install it");
  assert(text.stderr.length > 10);
  const quiet = await dry(...claude, "--quiet");
  assertEquals([quiet.code, quiet.stderr], [2, text.stderr.slice(-1)]);
  const json = await dry(...claude, "--json");
  assertEquals([json.code, json.stdout.length, json.stderr.length], [2, 1, 1]);
  assertStringIncludes(JSON.parse(json.stdout[0]!).backend.check, "install it");
  await Deno.writeTextFile(dir.path, "");
  const file = await dry("--backend", "mock", "--quiet");
  assertEquals([file.code, file.stderr.length], [2, 1]);
  assertStringIncludes(file.stderr[0]!, "move that away");
  assertEquals(platform.count(), 0);
});

Deno.test("a state directory that is a file is a usage error", async () => {
  await using dir = await freshDir();
  await Deno.writeTextFile(dir.path, "");
  await using platform = silentPlatform();
  const { code, stderr } = await run([
    ...["W-1", "--token=abc", "--api-url", platform.url],
    ...["--state-dir", dir.path, "--backend", "mock"],
  ]);
  assertEquals([code, stderr.length, platform.count()], [2, 1, 0]);
  assertStringIncludes(stderr[0]!, "move that away");
});

Deno.test("version, help and backends go to stdout", async () => {
  const line = `molecule ${manifest.version} (deno ${Deno.version.deno}, `;
  for (
    const [args, part] of [
      [["version"], line],
      [["--version"], line],
      [["help"], "Usage: molecule connect <workspace-id>"],
      [["connect", "--help"], "--backend-opt KEY=VALUE"],
      [["help", "sandbox"], "--admin-token TOKEN"],
      [["backends"], "mock"],
    ] as const
  ) {
    const { code, stdout, stderr } = await run(args);
    assertEquals([code, stderr], [0, []]);
    assertStringIncludes(stdout.join("\n"), part);
  }
});

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
      [3, "register", at(other.id, "wrong-token-1")],
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
