import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { silentLogger } from "../log.ts";
import { disk, useDisk } from "../os/disk.ts";
import { type KeptBounds, KeptFiles } from "./kept_files.ts";

const never = new AbortController().signal;
const AMPLE: KeptBounds = { messages: 100, files: 100, bytes: 100 };

/** A directory of messages' files, and what keeps it within `bounds`. */
async function place(bounds: Partial<KeptBounds> = {}) {
  const root = await Deno.makeTempDir();
  const inUse = new Set<string>();
  const kept = new KeptFiles({
    root,
    timing: { fileLifeMs: 3_600_000, filesEveryMs: 3_600_000 },
    log: silentLogger,
    inUse: () => inUse,
    bounds: { ...AMPLE, ...bounds },
  });
  return {
    root,
    inUse,
    kept,
    /** A message that is over since `ageMs`, with files of one byte. */
    async message(name: string, ageMs: number, files = 1): Promise<void> {
      const dir = join(root, name, "in");
      await Deno.mkdir(dir, { recursive: true });
      for (let n = 0; n < files; n++) {
        await Deno.writeTextFile(join(dir, `${n}`), "x");
      }
      const at = new Date(Date.now() - ageMs);
      await Deno.utime(join(root, name), at, at);
    },
    names: () => names(root),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

function names(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
}

for (
  const [what, bounds] of [
    ["messages", { messages: 2 }],
    ["files", { files: 5 }],
    ["bytes", { bytes: 5 }],
  ] as const
) {
  Deno.test(`of too many ${what} the newest are kept, of what was there and of what comes`, async () => {
    await using at = await place(bounds);
    await at.message("a", 2_000, 2);
    await at.message("b", 1_000, 2);
    await at.message("c", 3_000, 2);
    await at.kept.look(never);
    assertEquals(at.names(), ["a", "b"]);
    await at.message("d", 0, 2);
    await at.kept.add("d");
    assertEquals(at.names(), ["b", "d"]);
  });
}

/** Tells of each directory that is read, before it is. */
function watchReads(onRead: (path: string) => void): Disposable {
  const real = disk();
  // Deno's own are no methods of an object that can be spread.
  const { mkdir, open, rename, readFile, remove, stat } = real;
  const readDir = (path: string) => {
    onRead(path);
    return real.readDir(path);
  };
  return useDisk({ mkdir, open, rename, readFile, remove, stat, readDir });
}

Deno.test("a message that is over costs a look at its own files alone", async () => {
  await using at = await place();
  await at.message("a", 1_000);
  await at.kept.look(never);
  await at.message("b", 0);
  const read: string[] = [];
  {
    using _ = watchReads((path) => read.push(path));
    await at.kept.add("b");
    assertEquals(read, [join(at.root, "b", "in")]);
    // Nor is anything that is known measured a second time.
    await at.kept.look(never);
  }
  assertEquals(read.slice(1), [at.root]);
});

Deno.test("what is old goes, unless its message is not over", async () => {
  await using at = await place();
  for (const name of ["old", "older", "running", "starting"]) {
    await at.message(name, 4_000_000);
  }
  await at.message("new", 0);
  at.inUse.add("running");
  {
    // It is run again in the middle of the look.
    using _ = watchReads((path) => {
      if (path.includes("starting")) at.inUse.add("starting");
    });
    await at.kept.look(never);
  }
  assertEquals(at.names(), ["new", "running", "starting"]);
});

Deno.test("a message that runs again is not counted until it is over again", async () => {
  await using at = await place({ messages: 1 });
  await at.message("a", 1_000);
  await at.kept.look(never);
  at.kept.take("a");
  await at.message("b", 0);
  await at.kept.add("b");
  assertEquals(at.names(), ["a", "b"]);
});

Deno.test("a stop in the middle of a look ends it", async () => {
  await using at = await place();
  for (const name of ["a", "b", "c"]) await at.message(name, 4_000_000);
  const stop = new AbortController();
  {
    using _ = watchReads((path) => {
      if (path === join(at.root, "b", "in")) stop.abort();
    });
    await at.kept.look(stop.signal);
  }
  assertEquals(at.names(), ["b", "c"]);
});
