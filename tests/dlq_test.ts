/** `molecule dlq` as people type it, while a connector runs and while none does. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { letterFiles } from "../src/delivery/dead_letters.ts";
import { silentLogger } from "../src/log.ts";
import { statePaths } from "../src/state/paths.ts";
import { molecule, withLetters } from "./dlq_stage.ts";
import { Bench } from "./harness.ts";
import { run } from "./program.ts";
import { hopeless, lettersIn, pathsOf, willing } from "./retry_bench.ts";

Deno.test("list, show, retry and drop while a connector runs; the answer comes at once", async () => {
  await using bench = await Bench.start();
  let isWell = false;
  const good = willing();
  await bench.connect({
    name: "mended",
    handle: (...args) => (isWell ? good : hopeless).handle(...args),
  });
  await bench.ping("ping");
  await bench.ping("pong");
  await bench.until(() => bench.count("delivered") === 2);
  const { id } = bench.agent;
  const dlq = (...args: string[]) =>
    run(["dlq", args[0]!, id, ...args.slice(1), "--state-dir", bench.stateDir]);
  const listed = await dlq("list");
  assertEquals([listed.code, listed.stderr], [0, []]);
  assertEquals(listed.stdout.length, 3);
  const [first, second] = listed.stdout.slice(1).map((line) =>
    line.slice(0, 8)
  );
  const shown = await dlq("show", first!);
  assertMatch(shown.stdout.join("\n"), /"text": "ping"/);
  assertMatch(shown.stdout.join("\n"), /^retried +never\n(.*\n)+text +ping$/m);
  isWell = true;
  const retried = await dlq("retry", first!);
  assertEquals(retried, {
    code: 0,
    stderr: [],
    stdout: [
      "1 dead letter to be tried again: the connector that runs here " +
      `(process ${Deno.pid}) takes it in now`,
    ],
  });
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(bench.toPeer[2], "again: ping");
  const dropped = await dlq("drop", second!);
  assertEquals(dropped.stdout, ["1 dead letter dropped"]);
  assertEquals((await dlq("list")).stdout, [
    `Workspace ${id} has no dead letters`,
  ]);
});

Deno.test("the line that tells of a dead letter tells what to type to see it", async () => {
  await using bench = await Bench.start();
  const lines: Record<string, unknown>[] = [];
  await bench.connect(hopeless, {
    log: { ...silentLogger, error: (_, fields) => void lines.push(fields!) },
  });
  await bench.ping("ping");
  await bench.until(() => bench.count("dead_letter") === 1);
  await bench.until(() => bench.count("delivered") === 1);
  const told = bench.events.find((event) => event.type === "delivered");
  assertEquals(told?.type === "delivered" && told.failure, true);
  const [letter] = await lettersIn(bench, pathsOf(bench).dead);
  const event = bench.events.find((event) => event.type === "dead_letter");
  assertEquals(
    event?.type === "dead_letter" && `${event.letter}.json`,
    letter?.name,
  );
  const row = letter?.row.slice(0, 8);
  const { attempts, reason, show, ...rest } = lines[0]!;
  assertEquals([attempts, reason], [1, "cannot do this"]);
  assertEquals(rest, { row, letter: letter?.name.slice(0, 8) });
  const command = String(show).split(" ");
  const { code, stdout } = await molecule(command.slice(1));
  assertEquals(code, 0);
  assertMatch(stdout.join("\n"), /^reason +cannot do this$/m);
});

Deno.test("an empty list says so, and ends well", async () => {
  await using given = await withLetters([]);
  await Deno.writeTextFile(given.paths.state, "{}");
  const { code, stdout } = await given.dlq("list", "W-1");
  assertEquals([code, stdout], [0, ["Workspace W-1 has no dead letters"]]);
  const json = await given.dlq("list", "W-1", "--json");
  assertEquals(json, { code: 0, stdout: [], stderr: [] });
  assertEquals([...Deno.readDirSync(given.dir)].length, 1);
});

Deno.test("where there is no state of the workspace, every action says so", async () => {
  await using given = await withLetters(["a"]);
  const nowhere = join(given.dir, "nowhere");
  const file = join(given.dir, "file");
  await Deno.writeTextFile(file, "");
  for (const action of ["list", "show", "retry", "drop"]) {
    const more = action === "list" ? [] : [given.idOf("a")];
    for (
      const [id, dir, said] of [
        ["W-", given.dir, /no state of workspace "W-" in "/],
        ["W-1", nowhere, /no state of workspace "W-1" in ".*nowhere"/],
        ["W-1", file, /file": something else stands in its place/],
      ] as const
    ) {
      const env = { MOLECULE_WORKSPACE_ID: "W-1" };
      const args = ["dlq", action, id, ...more, "--state-dir", dir];
      const { code, stdout, stderr } = await molecule(args, env);
      assertEquals([code, stdout, stderr.length], [2, [], 1]);
      assertMatch(stderr[0]!, said);
    }
  }
});

Deno.test("the list shows of a reason what tells letters apart", async () => {
  await using given = await withLetters(["a"], {
    reason: "The command ended with exit code 3: oops",
  });
  const { stdout } = await given.dlq("list", "W-1");
  assertMatch(stdout[1]!, /3 {6}exit code 3: oops$/);
});

Deno.test("a reason is as long as the terminal is wide, and whole where there is none", async () => {
  const reason = `${"x".repeat(199)}!`;
  await using given = await withLetters(["a"], { reason });
  const args = ["dlq", "list", "W-1", "--state-dir", given.dir];
  for (const columns of [80, 120]) {
    const { stdout } = await molecule(args, {}, columns);
    assertEquals(stdout[1]!.length, columns);
  }
  const { stdout } = await molecule(args);
  assert(stdout[1]!.endsWith(` ${reason}`));
});

Deno.test("the list fits 80 columns, whatever is in the letters", async () => {
  await using given = await withLetters(["a", "漢".repeat(100)], {
    caller_id: "\x1b[2J漢字漢字漢字漢字",
    reason: `\x1b[31m漢字 ${"x\n".repeat(500_000)}`,
    attempts: 1_000,
  });
  const { code, stdout } = await molecule(
    ["dlq", "list", "W-1", "--state-dir", given.dir],
    {},
    80,
  );
  assertEquals([code, stdout.length], [0, 3]);
  for (const line of stdout) {
    const wide = [...line].filter((char) => char > "\u2e80").length;
    assert([...line].length + wide <= 80, line);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x1f\x7f-\x9f]/.test(line), JSON.stringify(line));
  }
});

Deno.test("show makes control characters harmless and masks secrets; --json too", async () => {
  const hostile = {
    id: "a",
    text: "\x1b]0;owned\x07\x9b31m\u202e\u2028",
    deep: { token: "Bearer abcdefghijklmnop", mine: "tok-0123456789" },
  };
  await using given = await withLetters(["a"], {
    reason: `first\nsecond\x1b[0m ${"y".repeat(1_000_000)}`,
    payload: hostile,
  });
  const env = { MOLECULE_WORKSPACE_TOKEN: "tok-0123456789" };
  for (const more of [[], ["--json"]]) {
    const { code, stdout } = await molecule(
      [
        "dlq",
        "show",
        "W-1",
        given.idOf("a"),
        "--state-dir",
        given.dir,
        ...more,
      ],
      env,
    );
    const text = stdout.join("");
    assertEquals(code, 0);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x1f\x7f-\x9f\u2028\u202e]/.test(text));
    assert(!text.includes("abcdefghijklmnop") && !text.includes("0123456789"));
    assert(text.length > 1_000_000);
  }
  const { stdout } = await given.dlq("show", "W-1", "--json", given.idOf("a"));
  const shown = JSON.parse(stdout[0]!);
  assertEquals(shown.payload.text, hostile.text);
  assertEquals([shown.letter, shown.retryable], [given.idOf("a"), true]);
});

Deno.test("list --json has one object a letter, without payloads; damaged ones are named", async () => {
  await using given = await withLetters(["a", "b"]);
  const [damaged] = await given.dead();
  await Deno.truncate(join(given.paths.dead, damaged!), 20);
  const { code, stdout } = await given.dlq("list", "W-1", "--json");
  const letters = stdout.map((line) => JSON.parse(line));
  assertEquals([code, letters.length], [0, 2]);
  const [whole, broken] = letters.toSorted((a, b) =>
    Number("damage" in a) - Number("damage" in b)
  );
  assertEquals(
    [whole.kind, whole.attempts, "payload" in whole, whole.retryable],
    ["message", 3, false, true],
  );
  assertEquals(broken, {
    letter: damaged!.slice(0, -5),
    file: join(given.paths.dead, damaged!),
    damage: "its checksum does not fit",
    waiting: false,
  });
});

Deno.test("a damaged letter is listed, can be dropped, and nothing else", async () => {
  await using given = await withLetters(["a", "b"]);
  const [name, other] = await given.dead();
  await Deno.writeTextFile(join(given.paths.dead, name!), "{");
  const id = name!.slice(0, -5);
  const { stdout } = await given.dlq("list", "W-1");
  assertMatch(stdout.join("\n"), /damaged .* its checksum does n/);
  for (const action of ["show", "retry"]) {
    const { code, stdout, stderr } = await given.dlq(
      ...[action, "W-1", other!.slice(0, -5), id],
    );
    assertEquals([code, stdout, stderr.length], [2, [], 1]);
    assertMatch(stderr[0]!, /is damaged: .*; molecule dlq drop removes it$/);
  }
  assertEquals(await given.dead(), [name, other]);
  const rest = await given.dlq("retry", "W-1", "--all");
  assertEquals([rest.code, rest.stderr.length], [2, 1]);
  assertMatch(rest.stdout[0]!, /^1 dead letter to be .*; 1 cannot be tried$/);
  assertEquals([await given.dead(), await given.retry()], [[name], [other]]);
  assertEquals((await given.dlq("drop", "W-1", id)).code, 0);
  assertEquals(await given.dead(), []);
});

Deno.test("a letter without its payload is not tried again, and says why", async () => {
  await using given = await withLetters(["a"], {
    payload: null,
    payload_missing: "the row is too large to be read",
  });
  const { code, stderr } = await given.dlq("retry", "W-1", given.idOf("a"));
  assertEquals([code, stderr.length], [2, 1]);
  assertMatch(stderr[0]!, /cannot be tried again: the row is too large to be/);
  assertEquals((await given.dead()).length, 1);
  const { stdout } = await given.dlq("show", "W-1", given.idOf("a"));
  assertMatch(stdout.join("\n"), /^no retry +the row is too large/m);
});

Deno.test("the environment may name the workspace; one that is typed wins", async () => {
  await using given = await withLetters(["a", "b"]);
  const id = given.idOf("a");
  await Deno.writeTextFile(statePaths(given.dir, "W-2").state, "{}");
  const dlq = (workspace: string, ...args: string[]) =>
    molecule(["dlq", ...args, "--state-dir", given.dir], {
      MOLECULE_WORKSPACE_ID: workspace,
    });
  assertEquals((await dlq("W-1", "list")).stdout.length, 3);
  assertEquals((await dlq("W-1", "list", "W-2")).stdout.length, 1);
  assertEquals((await dlq("W-1", "show", id.slice(0, 6))).code, 0);
  assertEquals((await dlq("W-1", "show", "W-1", id)).code, 0);
  assertEquals((await dlq("W-2", "show", "W-1", id)).code, 0);
  assertEquals((await dlq("W-1", "show", "W-2", id)).code, 2);
  assertEquals((await dlq("W-1", "drop", id)).stdout, [
    "1 dead letter dropped",
  ]);
});

/** The arguments, of which LETTER is one that is there; and what is said to them. */
const USAGE_ERRORS: readonly (readonly [string, RegExp])[] = [
  ["", /dlq lacks its action; type molecule dlq list/],
  ["lst W-1", /did you mean list\?/],
  ["explode W-1", /knows no "explode"/],
  ["list", /no workspace id is given; type molecule dlq list <workspace-id>/],
  ["list ../W", /workspace id "..\/W" is no workspace id/],
  ["list W-1 LETTER", /unexpected argument/],
  ["list W-1 --all", /--all is for retry and drop/],
  ["drop W-1 LETTER --json", /--json is for list and show/],
  ["show W-1", /no letter is given to show/],
  ["drop W-1", /no letter is given to drop; .*, or --all$/],
  ["drop W-1 LETTER --all", /given together/],
  ["drop W-1 EMPTY", /an empty id of a letter is given to drop; the variable/],
  ["drop W-1 LETTER nope", /no dead letter of workspace "W-1" begins with "n/],
  ["retry W-1 LETTER nope", /no dead letter of workspace "W-1" begins with/],
  ["show W-2 LETTER", /no state of workspace "W-2" in/],
  ["drop W-1 LETTER --once", /--once is no flag of dlq/],
];

for (const [typed, said] of USAGE_ERRORS) {
  Deno.test(`"molecule dlq ${typed}" is a usage error: one line, exit 2, nothing changed`, async () => {
    await using given = await withLetters(["a", "b"]);
    const args = typed.replace("LETTER", given.idOf("a")).split(" ")
      .filter((word) => word !== "")
      .map((word) => word === "EMPTY" ? "" : word);
    const before = await given.dead();
    const { code, stdout, stderr } = await given.dlq(...args);
    assertEquals([code, stdout, stderr.length], [2, [], 1], stderr.join("\n"));
    assertMatch(stderr[0]!, said);
    assertEquals([await given.dead(), await given.retry()], [before, []]);
  });
}

Deno.test("a beginning that two letters share is refused, and shows how much more to type", async () => {
  await using given = await withLetters(["a"]);
  const name = `${given.idOf("a")}.json`;
  const twin = `${name.slice(0, 12)}${"0".repeat(24)}.json`;
  await Deno.copyFile(
    join(given.paths.dead, name),
    join(given.paths.dead, twin),
  );
  const { code, stderr } = await given.dlq("drop", "W-1", name.slice(0, 12));
  assertEquals([code, stderr.length], [2, 1]);
  assertMatch(stderr[0]!, /2 dead letters begin with/);
  const [, ...lines] = (await given.dlq("list", "W-1")).stdout;
  const ids = lines.map((line) => line.split(" ")[0]!);
  assertEquals(new Set(ids).size, 2);
  assertEquals((await given.dlq("drop", "W-1", ids[0]!)).code, 0);
  assertEquals((await given.dead()).length, 1);
});

Deno.test("a state directory that is none is a usage error", async () => {
  await using given = await withLetters([]);
  await Deno.writeTextFile(given.paths.dead, "");
  const { code, stderr } = await given.dlq("list", "W-1");
  assertEquals([code, stderr.length], [2, 1]);
});

Deno.test("more than a thousand letters: the oldest go when one dies", async () => {
  await using bench = await Bench.start();
  const { dead } = pathsOf(bench);
  await Deno.mkdir(dead, { recursive: true });
  for (let i = 0; i < 1_010; i++) {
    const path = join(dead, `${crypto.randomUUID()}.json`);
    await Deno.writeTextFile(path, "{}");
    await Deno.utime(path, i, i);
  }
  const errors: string[] = [];
  await bench.connect(hopeless, {
    log: { ...silentLogger, error: (line) => void errors.push(line) },
  });
  await bench.ping("ping");
  await bench.until(() => bench.count("dead_letter") === 1);
  assertEquals((await letterFiles(dead)).length, 1_000);
  assertEquals((await lettersIn(bench, dead)).length, 1);
  assertEquals(
    errors[0],
    "There are too many dead letters: the oldest were removed",
  );
});
