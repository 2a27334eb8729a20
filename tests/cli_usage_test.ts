/** What the program refuses, and what it tells without a platform. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import manifest from "../deno.json" with { type: "json" };
import { ROTATE_CREDENTIALS } from "../src/errors.ts";
import { takeLock } from "../src/state/lock.ts";
import { statePaths } from "../src/state/paths.ts";
import { isWindows } from "../src/os/platform.ts";
import { freshDir, MAP, run, silentPlatform } from "./program.ts";

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
  ["W --card no/such.json --backend mock", '--card "no/such.json"'],
  ["W --agent-skill review --backend mock", "NAME: DESCRIPTION"],
  ["W --token-file no/such/file --backend mock", "no/such/file"],
  ["sandbox --port 70000", '--port "70000"'],
  [
    "W --backend exec --backend-opt cmd=cat --backend-opt cwd=no/such/dir",
    "as cwd",
  ],
  ["W --backend-opt bin=no-such-claude", "no-such-claude"],
  ["W --backend exec --backend-opt cmd=no-such-command", "no-such-command"],
  ["W --backend exec --backend-opt cmd=cat --backend-opt cwd=", "cwd is empty"],
  [
    "W --backend mock --backend-opt reset_comand=/new",
    "did you mean reset_command?",
  ],
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

Deno.test("--dry-run tells of a connector that runs already", async () => {
  await using dir = await freshDir();
  await using platform = silentPlatform();
  using _ = await takeLock(statePaths(dir.path, "W-1"), "W-1");
  const { code, stdout } = await run(
    dryRunArgs(platform.url, dir.path, "--backend", "mock", "--json"),
  );
  assertEquals(code, 0);
  assertEquals(
    JSON.parse(stdout[0]!).stateDir.check,
    `exists; a connector of this workspace runs here (process ${Deno.pid})`,
  );
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
      [[], "Usage: molecule connect <workspace-id>"],
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

Deno.test({
  name: "whoever reads stdout may go: the rest is not wanted, and no failure",
  ignore: isWindows,
  async fn() {
    for (const command of ["backends mock", "help", "version"]) {
      const reader = new Deno.Command("/bin/sh", {
        args: ["-c", `( "$@"; echo "code $?" >&2 ) | true`, "sh"].concat(
          Deno.execPath(),
          "run",
          "-A",
          ...(MAP === "" ? [] : ["--no-lock", `--import-map=${MAP}`]),
          new URL("../cli.ts", import.meta.url).href,
          command.split(" "),
        ),
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      });
      const { stderr } = await reader.output();
      assertEquals(new TextDecoder().decode(stderr), "code 0\n");
    }
  },
});

/** What to press is said whatever the way on which there came no token. */
const TOKENLESS: readonly (readonly [
  what: string,
  text: string | undefined,
  way: "flag" | "env" | "file",
])[] = [
  ["none at all", undefined, "env"],
  ["an empty variable", "", "env"],
  ["an empty file", "\n", "file"],
  ["a file of white space", "  \n", "file"],
  ["a pair of quotes", '""', "env"],
  ...(["flag", "env", "file"] as const).flatMap((way) =>
    ["<ROTATE_TO_REVEAL_TOKEN>", "<paste from create response>"].map((text) =>
      [`the placeholder ${text} as ${way}`, text, way] as const
    )
  ),
];
for (const [what, text, way] of TOKENLESS) {
  Deno.test(`for a token, ${what}: one line that says what to press`, async () => {
    await using dir = await freshDir();
    await using platform = silentPlatform();
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, text ?? "");
    const { code, stderr } = await run(
      [
        ...["W-1", "--backend", "mock", "--api-url", platform.url],
        ...["--state-dir", dir.path],
        ...(way === "flag" ? [`--token=${text}`] : []),
        ...(way === "file" ? ["--token-file", file] : []),
      ],
      "cli.ts",
      text !== undefined && way === "env"
        ? { MOLECULE_WORKSPACE_TOKEN: text }
        : {},
    );
    await Deno.remove(file);
    assertEquals([code, stderr.length], [2, 1], stderr.join("\n"));
    assertStringIncludes(stderr[0]!, ROTATE_CREDENTIALS);
    assertEquals([platform.count(), await dir.exists()], [0, false]);
  });
}
