/**
 * A test of the test: each planted mistake breaks a promise within so many simulations, and the sources as they are
 * break none. Not called `_test`, so that `deno task test` leaves it alone; `deno task test:model` runs it.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { fileURLToPath } from "node:url";
import { importMap, withImportMap } from "../../tools/with_std.ts";
import { type Mutant, MUTANTS } from "./mutants.ts";

/** A mistake that so many seeds do not show is not caught. */
const SEEDS = 10_000;
/** The sources as they are must last so long. */
const CONTROL_SEEDS = 300;

const root = fileURLToPath(new URL("../../", import.meta.url));

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}

/** What the hunt in a copy of the sources comes to, with a mistake planted or without. */
async function hunt(
  seeds: number,
  mutant?: Mutant,
): Promise<{ seed: number; violations: string[] } | null> {
  const copy = await Deno.makeTempDir();
  try {
    for (const part of ["src", join("tests", "model")]) {
      await copyFolder(join(root, part), join(copy, part));
    }
    await Deno.copyFile(join(root, "deno.json"), join(copy, "deno.json"));
    if (mutant !== undefined) await plant(mutant, copy);
    const args = ["run", "-A", "tests/model/hunt.ts", String(seeds)];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: withImportMap(args, await importMap()),
      cwd: copy,
      signal: over.signal,
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

async function plant(mutant: Mutant, copy: string): Promise<void> {
  const path = join(copy, mutant.file);
  const text = (await Deno.readTextFile(path)).replaceAll("\r\n", "\n");
  const times = text.split(mutant.find).length - 1;
  assertEquals(
    times,
    1,
    `${mutant.file} has it ${times} times: ${mutant.find}`,
  );
  await Deno.writeTextFile(
    path,
    text.replace(mutant.find, () => mutant.replace),
  );
}

/** Hunts that wait for a core, in the order of the tests. */
const waiting: (() => Promise<void>)[] = [];
const working: Promise<void>[] = [];
const over = new AbortController();

async function work(): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) await next();
}

/** Begins the hunts, one a core, so that none is idle while a test waits for its own. */
function begin(): void {
  if (working.length > 0) return;
  for (let core = 0; core < navigator.hardwareConcurrency; core++) {
    working.push(work());
  }
}

/** Ends those that no test of this run asked for. */
Deno.test.afterAll(async () => {
  waiting.length = 0;
  over.abort();
  await Promise.all(working);
});

type Found = Awaited<ReturnType<typeof hunt>>;

function test(
  name: string,
  look: () => Promise<Found>,
  judge: (found: Found) => void,
): void {
  const { promise, resolve, reject } = Promise.withResolvers<Found>();
  promise.catch(() => {}); // its own test tells
  waiting.push(() => look().then(resolve, reject));
  // The hunts of other tests run meanwhile.
  const sanitizers = { sanitizeOps: false, sanitizeResources: false };
  Deno.test({
    ...{ name, ...sanitizers },
    async fn() {
      begin();
      judge(await promise);
    },
  });
}

test(
  "the sources as they are break no promise",
  () => hunt(CONTROL_SEEDS),
  (found) => assertEquals(found, null),
);

for (const mutant of MUTANTS) {
  test(`caught: ${mutant.name}`, () => hunt(SEEDS, mutant), (found) => {
    assert(found !== null, `no seed up to ${SEEDS} shows it`);
  });
}
