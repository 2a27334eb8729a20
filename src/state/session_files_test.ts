import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { silentLogger } from "../log.ts";
import { isWindows } from "../os/platform.ts";
import { SessionFiles } from "./session_files.ts";

const DAY_MS = 24 * 3_600_000;

async function setUp() {
  const root = await Deno.makeTempDir();
  const dir = join(root, "w.sessions");
  const warnings: string[] = [];
  return {
    dir,
    warnings,
    path: (name: string) => join(dir, `${name}.json`),
    open: () =>
      SessionFiles.open({
        dir,
        untilWritten: (write) => write(),
        log: {
          ...silentLogger,
          warn: (text, fields) => warnings.push(`${text}: ${fields?.error}`),
        },
      }),
    names: () => [...Deno.readDirSync(dir)].map(({ name }) => name).sort(),
    async age(name: string, ms: number) {
      const then = new Date(Date.now() - ms);
      await Deno.utime(join(dir, `${name}.json`), then, then);
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

Deno.test("of a session without a file nothing is known, and no directory is made", async () => {
  await using given = await setUp();
  const files = await given.open();
  assertEquals(await files.read("a"), { answered: false });
  assert(files.isStale("a"));
  await files.remove("a");
  assertEquals(await Deno.stat(given.dir).catch(() => "none"), "none");
});

Deno.test("what was written is there at the next start, for the owner alone", async () => {
  await using given = await setUp();
  const record = { answered: true, kept: 'Grüße 😀\n"' };
  await (await given.open()).write("a", record);
  const files = await given.open();
  assertEquals(await files.read("a"), record);
  assert(!files.isStale("a"));
  assertEquals(given.names(), ["a.json"]);
  if (isWindows) return;
  assertEquals((await Deno.stat(given.path("a"))).mode! & 0o777, 0o600);
  assertEquals((await Deno.stat(given.dir)).mode! & 0o777, 0o700);
});

const DAMAGE: readonly (readonly [string, (text: string) => string])[] = [
  ["cut", (text) => text.slice(0, -5)],
  ["changed", (text) => text.replace("kept", "cept")],
  ["empty", () => ""],
];
for (const [how, damage] of DAMAGE) {
  Deno.test(`a file that is ${how} counts as none, and is told`, async () => {
    await using given = await setUp();
    await (await given.open()).write("a", { answered: true, kept: "k" });
    const text = await Deno.readTextFile(given.path("a"));
    await Deno.writeTextFile(given.path("a"), damage(text));
    const files = await given.open();
    assertEquals(await files.read("a"), { answered: false });
    assertMatch(given.warnings.join(), /begins anew: it is damaged$/);
    await files.write("a", { answered: false, kept: "new" });
    assertEquals(await files.read("a"), { answered: false, kept: "new" });
  });
}

Deno.test("a file that cannot be read, or is no text, counts as none, and is told", async () => {
  await using given = await setUp();
  await (await given.open()).write("a", { answered: true });
  const files = await given.open();
  await Deno.writeFile(given.path("a"), new Uint8Array([0xff]));
  assertEquals(await files.read("a"), { answered: false });
  await Deno.remove(given.path("a"));
  assertEquals(await files.read("a"), { answered: false });
  await Deno.mkdir(given.path("a"));
  assertEquals(await files.read("a"), { answered: false });
  assertEquals(given.warnings.length, 3);
});

Deno.test("1,000 sessions are kept, those that were used last", async () => {
  await using given = await setUp();
  await Deno.mkdir(given.dir);
  for (let i = 0; i < 1_002; i++) {
    await Deno.writeTextFile(given.path(`s-${i}`), "");
    await given.age(`s-${i}`, 10_000_000 - i * 1_000);
  }
  const files = await given.open();
  assertEquals(given.names().length, 1_000);
  assertEquals(given.names().includes("s-1.json"), false);
  await files.write("s-2", { answered: true });
  await files.write("one-more", { answered: true });
  const names = given.names();
  assertEquals(names.length, 1_000);
  assertEquals(
    ["s-2", "s-3", "s-4", "one-more"].map((one) =>
      names.includes(`${one}.json`)
    ),
    [true, false, true, true],
  );
});

Deno.test("a session that was not used for 30 days is forgotten at a start, and while it runs", async () => {
  await using given = await setUp();
  const first = await given.open();
  for (const name of ["old", "older", "young"]) {
    await first.write(name, { answered: true });
  }
  await given.age("older", 31 * DAY_MS);
  await given.age("old", 30 * DAY_MS - 500);
  const files = await given.open();
  assertEquals(given.names(), ["old.json", "young.json"]);
  const now = Date.now;
  Date.now = () => now() + 1_000;
  try {
    await files.write("new", { answered: true });
  } finally {
    Date.now = now;
  }
  assertEquals(given.names(), ["new.json", "young.json"]);
});

Deno.test("the file of a session in use is written anew once a day", async () => {
  await using given = await setUp();
  await (await given.open()).write("a", { answered: true });
  await given.age("a", DAY_MS + 1_000);
  assert((await given.open()).isStale("a"));
});

Deno.test("what a crash left half written is removed at the next start", async () => {
  await using given = await setUp();
  await (await given.open()).write("a", { answered: true });
  await Deno.writeTextFile(`${given.path("a")}.0f8fad5b.tmp`, "half");
  await given.open();
  assertEquals(given.names(), ["a.json"]);
});

Deno.test("writes of one session follow each other, and a read sees the last one", async () => {
  await using given = await setUp();
  const files = await given.open();
  const writes = ["1", "2", "3"].map((kept) =>
    files.write("a", { answered: false, kept })
  );
  assertEquals(await files.read("a"), { answered: false, kept: "3" });
  await Promise.all(writes);
});
