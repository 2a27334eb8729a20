/** Files beside the state file with any one byte wrong, or with their end missing: none of them is believed. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DamagedReplyError } from "./journal.ts";
import { HandledRows } from "./handled_rows.ts";
import { entry, long, setUp, W } from "./journal_setup_test.ts";
import { loadMintedToken, saveMintedToken } from "./token_file.ts";

/** Every beginning of `whole` but itself, and `whole` with the lowest and with the highest bit of any one byte flipped. */
function* damages(whole: Uint8Array, step = 1): Generator<Uint8Array> {
  for (let i = 0; i < whole.length; i += step) {
    yield whole.subarray(0, i);
    for (const mask of [0x01, 0x80]) {
      const flipped = whole.slice();
      flipped[i]! ^= mask;
      yield flipped;
    }
  }
}

Deno.test("the file of a long answer", async () => {
  await using given = await setUp();
  const first = await given.open();
  first.addReply(entry("a"), long);
  await first.commit();
  const journal = await given.open();
  const path = join(given.paths.replies, "a.json");
  const whole = await Deno.readFile(path);
  for (const damage of damages(whole, 7)) {
    await Deno.writeFile(path, damage);
    await assertRejects(
      () => journal.replyParts(journal.outbox.get("a")!),
      DamagedReplyError,
    );
  }
  await Deno.writeFile(path, whole);
  assertEquals(await journal.replyParts(journal.outbox.get("a")!), long);
});

Deno.test("the file of an answer that was set aside stays, whatever starts come", async () => {
  await using given = await setUp();
  const journal = await given.open();
  journal.addReply(entry("a"), long);
  await journal.commit();
  await Deno.writeTextFile(join(given.paths.replies, "a.json"), "damage");
  const movedTo = await journal.setReplyAside(entry("a"));
  journal.removeReply(entry("a"));
  await journal.commit();
  await given.open();
  assertEquals(await Deno.readTextFile(movedTo), "damage");
  assertEquals(await journal.setReplyAside(entry("a")), "");
});

Deno.test("a file of handled rows", async () => {
  await using given = await setUp();
  const dir = given.paths.handled;
  const state = { workspace_id: W, last_since_id: "" };
  const handled = await HandledRows.load(dir, state, () => {});
  for (let n = 0; n < 300; n++) handled.add([`r-${n}`, n, ""]);
  await handled.spill();
  const path = join(dir, "0.json");
  const whole = await Deno.readFile(path);
  for (const damage of damages(whole, 97)) {
    await Deno.writeFile(path, damage);
    const told: string[] = [];
    const loaded = await HandledRows.load(
      dir,
      { ...state, handled_files: [0, 1] },
      (_, movedTo) => told.push(movedTo),
    );
    assertEquals(loaded.has("r-0"), false);
    assertEquals(told.length, 1);
    assertEquals(await Deno.readFile(told[0]!), damage.slice());
    await Deno.remove(told[0]!);
  }
});

Deno.test("the file of a minted token", async () => {
  await using given = await setUp();
  const { paths } = given;
  await saveMintedToken(paths, "minted", "given");
  const whole = await Deno.readFile(paths.token);
  for (const damage of damages(whole)) {
    await Deno.writeFile(paths.token, damage);
    const told: string[] = [];
    const token = await loadMintedToken(
      paths,
      "given",
      (_, movedTo) => told.push(movedTo),
    );
    assertEquals([token, told.length], [undefined, 1]);
    await Deno.remove(told[0]!);
  }
});
