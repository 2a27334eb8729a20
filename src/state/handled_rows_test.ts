import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { StateError } from "../errors.ts";
import { HandledRows } from "./handled_rows.ts";
import type { HandledRow, State } from "./state.ts";

const MINUTE = 60_000;
const NOW = 1_786_000_000_000;
const OPEN = { nowMs: NOW, settledAtMs: undefined };
const EMPTY: State = { workspace_id: "w-1", last_since_id: "" };

async function setUp() {
  const root = await Deno.makeTempDir();
  const dir = join(root, "w-1.handled");
  const damaged: StateError[] = [];
  return {
    dir,
    damaged,
    load: (state: Partial<State> = {}) =>
      HandledRows.load(
        dir,
        { ...EMPTY, ...state },
        (error) => damaged.push(error),
      ),
    files: async () => {
      const names = await Array.fromAsync(Deno.readDir(dir)).catch(() => []);
      return names.map((entry) => entry.name).sort();
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

const row = (
  n: number,
  timeMs = NOW,
): HandledRow => [`r-${n}`, timeMs, `k-${n}`];

/** Adds rows of the numbers `from` up to before `to`. */
function addRows(handled: HandledRows, from: number, to: number, timeMs = NOW) {
  for (let n = from; n < to; n++) handled.add(row(n, timeMs));
}

Deno.test("a row that was added is known by its id and by its key", async () => {
  await using given = await setUp();
  const handled = await given.load();
  handled.add(["r-1", NOW, '["p","m"]']);
  handled.add(["r-2", NOW, ""]);
  assertEquals([handled.has("r-1"), handled.has("r-3")], [true, false]);
  assert(handled.hasKey('["p","m"]'));
  assert(!handled.hasKey(""), "no key is no message's key");
});

Deno.test("a row that is added twice is kept once", async () => {
  await using given = await setUp();
  const handled = await given.load();
  handled.add(row(1));
  handled.add(row(1));
  assertEquals(handled.snapshot(OPEN).state.handled, [row(1)]);
});

Deno.test("what a snapshot says is known again after a load", async () => {
  await using given = await setUp();
  const handled = await given.load();
  addRows(handled, 0, 20);
  const again = await given.load(handled.snapshot(OPEN).state);
  for (let n = 0; n < 20; n++) {
    assert(again.has(`r-${n}`) && again.hasKey(`k-${n}`));
  }
  assertEquals(again.snapshot(OPEN), handled.snapshot(OPEN));
});

Deno.test("up to 256 rows stand in the state file, more move to a segment", async () => {
  await using given = await setUp();
  const handled = await given.load();
  addRows(handled, 0, 256);
  await handled.spill();
  assertEquals(await given.files(), []);
  addRows(handled, 256, 257);
  await handled.spill();
  assertEquals(await given.files(), ["0.json"]);
  assertEquals(handled.snapshot(OPEN).state, {
    handled: [],
    handled_files: [0, 1],
  });
  assert(handled.has("r-0") && handled.hasKey("k-256"));
});

Deno.test("what is added while a segment is written stays in the state file", async () => {
  await using given = await setUp();
  const handled = await given.load();
  addRows(handled, 0, 300);
  const spilling = handled.spill();
  handled.add(row(300));
  await spilling;
  assertEquals(handled.snapshot(OPEN).state.handled, [row(300)]);
});

Deno.test("a segment that cannot be written loses nothing", async () => {
  await using given = await setUp();
  const handled = await given.load();
  addRows(handled, 0, 300);
  await Deno.writeTextFile(given.dir, "a file in the directory's place");
  let failed = false;
  await handled.spill().catch(() => failed = true);
  assert(failed);
  assertEquals(handled.snapshot(OPEN).state.handled?.length, 300);
  await Deno.remove(given.dir);
  await handled.spill();
  assertEquals(handled.snapshot(OPEN).state.handled_files, [0, 1]);
});

Deno.test("rows in several segments are known again after a load", async () => {
  await using given = await setUp();
  const handled = await given.load();
  for (let segment = 0; segment < 3; segment++) {
    addRows(handled, segment * 300, segment * 300 + 300);
    await handled.spill();
  }
  addRows(handled, 900, 905);
  const again = await given.load(handled.snapshot(OPEN).state);
  for (let n = 0; n < 905; n++) assert(again.has(`r-${n}`), `r-${n}`);
  assertEquals(given.damaged, []);
});

Deno.test("a segment that the state does not name is removed: a crash left it", async () => {
  await using given = await setUp();
  const handled = await given.load();
  addRows(handled, 0, 300);
  const before = handled.snapshot(OPEN).state;
  await handled.spill();
  await Deno.writeTextFile(join(given.dir, "1.json.0a1b.tmp"), "half");
  const again = await given.load(before);
  assertEquals(await given.files(), []);
  assertEquals(again.snapshot(OPEN).state, before);
});

for (
  const [what, spoil] of [
    ["damaged", (path: string) => Deno.writeTextFile(path, '{"rows":[]}')],
    ["no text", (path: string) => Deno.writeFile(path, new Uint8Array([0xff]))],
    ["missing", (path: string) => Deno.remove(path)],
  ] as const
) {
  Deno.test(`a segment that is ${what} is told once, and the others are believed`, async () => {
    await using given = await setUp();
    const handled = await given.load();
    for (let segment = 0; segment < 3; segment++) {
      addRows(handled, segment * 300, segment * 300 + 300);
      await handled.spill();
    }
    const { state } = handled.snapshot(OPEN);
    await spoil(join(given.dir, "1.json"));
    const again = await given.load(state);
    assertEquals(given.damaged.map((error) => error.damaged), [true]);
    assertEquals(
      [again.has("r-0"), again.has("r-300"), again.has("r-600")],
      [true, false, true],
    );
    const aside = (await given.files()).filter((name) =>
      name.includes(".corrupt-")
    );
    assertEquals(aside.length, what === "missing" ? 0 : 1);
    await given.load(again.snapshot(OPEN).state);
    assertEquals(given.damaged.length, 1, "the next start has nothing to tell");
  });
}

/** Rows in a segment: may they be forgotten? */
const DROPS: readonly (readonly [
  what: string,
  timeMs: number,
  settledAtMs: number | undefined,
  drops: boolean,
])[] = [
  ["old rows before the settled one", NOW - 13 * MINUTE, NOW, true],
  ["rows of twelve minutes ago", NOW - 12 * MINUTE, NOW, false],
  ["rows just older than twelve minutes", NOW - 12 * MINUTE - 1, NOW, true],
  [
    "old rows after the settled one",
    NOW - 60 * MINUTE,
    NOW - 90 * MINUTE,
    false,
  ],
  [
    "rows two minutes before the settled one",
    NOW - 62 * MINUTE,
    NOW - 60 * MINUTE,
    false,
  ],
  [
    "rows just more than two minutes before it",
    NOW - 62 * MINUTE - 1,
    NOW - 60 * MINUTE,
    true,
  ],
  ["old rows while nothing is settled", NOW - 60 * MINUTE, undefined, false],
];
for (const [what, timeMs, settledAtMs, drops] of DROPS) {
  Deno.test(`${what} are ${drops ? "forgotten" : "kept"}`, async () => {
    await using given = await setUp();
    const handled = await given.load();
    addRows(handled, 0, 257, timeMs);
    await handled.spill();
    const { dropped, state } = handled.snapshot({ nowMs: NOW, settledAtMs });
    assertEquals(dropped, drops ? [join(given.dir, "0.json")] : []);
    assertEquals(state.handled_files, drops ? [1, 1] : [0, 1]);
    assertEquals(handled.has("r-0"), !drops);
    assertEquals(handled.hasKey("k-0"), !drops);
  });
}

Deno.test("one row that may come back keeps its whole segment, and those after it", async () => {
  await using given = await setUp();
  const handled = await given.load();
  addRows(handled, 0, 299, NOW - 60 * MINUTE);
  handled.add(row(299, NOW));
  await handled.spill();
  addRows(handled, 300, 600, NOW - 60 * MINUTE);
  await handled.spill();
  assertEquals(handled.snapshot({ nowMs: NOW, settledAtMs: NOW }).dropped, []);
  const later = NOW + 15 * MINUTE;
  const { dropped } = handled.snapshot({ nowMs: later, settledAtMs: later });
  assertEquals(dropped.length, 2);
});

Deno.test("rows among the last 1,000 that reads brought are kept whatever their age", async () => {
  await using given = await setUp();
  const handled = await given.load();
  addRows(handled, 0, 300, NOW - 60 * MINUTE);
  await handled.spill();
  handled.brought("r-7", NOW);
  const settled = { nowMs: NOW, settledAtMs: NOW };
  for (let n = 0; n < 999; n++) handled.brought(`other-${n}`, NOW);
  assertEquals(handled.snapshot(settled).dropped.length, 0);
  handled.brought("r-7", NOW); // again: it is the newest now
  for (let n = 0; n < 999; n++) handled.brought(`more-${n}`, NOW);
  assertEquals(handled.snapshot(settled).dropped.length, 0);
  handled.brought("the one too many", NOW);
  assertEquals(handled.snapshot(settled).dropped.length, 1);
});

for (
  const [what, when] of [
    ["after it was added", "after"],
    ["before it was added, and a thousand others since", "before"],
  ] as const
) {
  Deno.test(`a row without a time counts with the time it was last brought: ${what}`, async () => {
    await using given = await setUp();
    const handled = await given.load();
    const settled = (nowMs: number) => ({ nowMs, settledAtMs: nowMs });
    if (when === "before") handled.brought("r-0", NOW);
    else handled.add(["r-0", 0, ""]);
    if (when === "after") handled.brought("r-0", NOW);
    for (let n = 0; n < 1_000; n++) handled.brought(`other-${n}`, NOW);
    handled.add(["r-0", 0, ""]);
    addRows(handled, 1, 257, NOW - 60 * MINUTE);
    await handled.spill();
    assertEquals(handled.snapshot(settled(NOW)).dropped, []);
    assertEquals(handled.snapshot(settled(NOW + 12 * MINUTE)).dropped, []);
    const later = settled(NOW + 12 * MINUTE + 1);
    assertEquals(handled.snapshot(later).dropped.length, 1);
  });
}

Deno.test("after a restart a row without a time is not forgotten at once", async () => {
  await using given = await setUp();
  const handled = await given.load();
  for (let n = 0; n < 257; n++) handled.add([`r-${n}`, 0, ""]);
  await handled.spill();
  const again = await given.load(handled.snapshot(OPEN).state);
  const settled = (nowMs: number) => ({ nowMs, settledAtMs: nowMs });
  assertEquals(again.snapshot(settled(NOW)).dropped, []);
  assertEquals(again.snapshot(settled(NOW + 11 * MINUTE)).dropped, []);
});
