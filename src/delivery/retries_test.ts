import { assertEquals } from "@std/assert";
import { basename, join } from "@std/path";
import { type LogFields, silentLogger } from "../log.ts";
import { type Disk, useDisk } from "../os/disk.ts";
import { Journal } from "../state/journal.ts";
import { statePaths } from "../state/paths.ts";
import { letterId, letterText } from "./dead_letter.ts";
import { deadLetter, DeadLetters, letterFiles } from "./dead_letters.ts";
import type { Delivery } from "./delivery.ts";
import { Retries } from "./retries.ts";

const { mkdir, open, rename, readFile, readDir, remove, stat } = Deno;
const DISK: Disk = { mkdir, open, rename, readFile, readDir, remove, stat };

/** Retries whose deliveries the test ends. */
async function setUp() {
  const root = await Deno.makeTempDir();
  const paths = statePaths(root, "w-1");
  await Deno.mkdir(paths.retry);
  const errors: (LogFields | undefined)[] = [];
  const log = {
    ...silentLogger,
    error: (_: string, fields?: LogFields) => void errors.push(fields),
  };
  const journal = await Journal.open({
    ...{ paths, log, state: { workspace_id: "w-1", last_since_id: "" } },
    ...{ platformNow: () => 0, onCursor: () => {} },
    giveUp: new AbortController().signal,
  }, () => {});
  const taken: Delivery[] = [];
  const stop = new AbortController();
  let full = false;
  const retries = new Retries({
    ...{ journal, paths, log, everyMs: 1, emit: () => {} },
    own: { workspaceId: "w-1", isOwnUpload: () => false },
    deadLetters: new DeadLetters({ workspaceId: "w-1", paths, log }),
    isFull: () => full,
    dispatch: (delivery) => void taken.push(delivery),
    replySaved: () => {},
  });
  let running: Promise<void> | undefined;
  const until = async (is: () => boolean | Promise<boolean>) => {
    running ??= retries.run(stop.signal);
    while (!await is()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  let written = 0;
  return {
    ...{ paths, errors, journal, taken, retries, until },
    files: () => letterFiles(paths.retry),
    rows: () => taken.map(({ message }) => message.activityId),
    fill: (is: boolean) => void (full = is),
    finish: (delivery: Delivery) => retries.finished(delivery.retry!.letter),
    async put(row: string, name?: string): Promise<string> {
      const letter = deadLetter("message", "w-1", row, {
        ...{ caller_id: "p-1", reason: "no", attempts: 1 },
        payload: {
          ...{ id: row, source_id: "p-1", method: "message/send" },
          request_body: { params: { content: row } },
        },
      });
      const path = join(paths.retry, name ?? `${letterId(letter)}.json`);
      await Deno.writeTextFile(path, letterText(letter));
      await Deno.utime(path, ++written, written);
      return path;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await Deno.remove(root, { recursive: true });
    },
  };
}

Deno.test("ten messages are under way at most, in the order in which they were given up", async () => {
  await using given = await setUp();
  const rows = Array.from({ length: 12 }, (_, i) => `r-${i}`);
  for (const row of rows) await given.put(row);
  await given.until(() => given.taken.length === 10);
  assertEquals(given.retries.isQuiet, false);
  given.finish(given.taken[3]!);
  await given.until(() => given.taken.length === 11);
  given.finish(given.taken[0]!);
  await given.until(() => given.taken.length === 12);
  assertEquals(given.rows(), rows);
  await given.until(async () => (await given.files()).length === 10);
  for (const delivery of given.taken) given.finish(delivery);
  await given.until(() => given.retries.isQuiet);
  assertEquals([await given.files(), given.journal.retried.size], [[], 0]);
});

Deno.test("while nothing more can wait, letters wait in their files", async () => {
  await using given = await setUp();
  given.fill(true);
  await given.put("r-1");
  let looks = 0;
  using _ = useDisk({
    ...DISK,
    readDir: (path) => {
      looks++;
      return readDir(path);
    },
  });
  await given.until(() => looks > 3);
  assertEquals([given.taken.length, given.retries.isQuiet], [0, false]);
  given.fill(false);
  await given.until(() => given.taken.length === 1);
});

Deno.test("a letter under two names is tried once", async () => {
  await using given = await setUp();
  await given.put("r-1");
  await given.put("r-1", "copy.json");
  await given.until(() => given.taken.length === 1);
  await given.until(async () => (await given.files()).length === 1);
  given.finish(given.taken[0]!);
  await given.until(() => given.retries.isQuiet);
  assertEquals([given.taken.length, await given.files()], [1, []]);
});

Deno.test("a file that the disk does not give is told once, and holds up no other", async () => {
  await using given = await setUp();
  const bad = await given.put("r-1");
  await given.put("r-2");
  let tries = 0;
  {
    using _ = useDisk({
      ...DISK,
      readFile: (path) => {
        if (path !== bad) return readFile(path);
        tries++;
        return Promise.reject(new Deno.errors.PermissionDenied("no"));
      },
    });
    await given.until(() => given.rows().includes("r-2") && tries > 3);
    assertEquals(given.errors, [{ path: bad, error: "no" }]);
  }
  await given.until(() => given.rows().includes("r-1"));
});

Deno.test("a file that cannot be removed is not tried again, and is removed at last", async () => {
  await using given = await setUp();
  const path = await given.put("r-1");
  await given.until(() => given.taken.length === 1);
  let tries = 0;
  {
    using _ = useDisk({
      ...DISK,
      remove: (path) => {
        if (!path.startsWith(given.paths.retry)) return remove(path);
        tries++;
        return Promise.reject(new Deno.errors.PermissionDenied("no"));
      },
    });
    given.finish(given.taken[0]!);
    await given.until(() => tries > 3);
    assertEquals([...given.journal.retried], [basename(path, ".json")]);
  }
  await given.until(async () => (await given.files()).length === 0);
  await given.until(() => given.journal.retried.size === 0);
  assertEquals([given.taken.length, given.errors.length], [1, 1]);
});
