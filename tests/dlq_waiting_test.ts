/** Dead letters that wait to be tried again. */
import { assertEquals, assertMatch } from "@std/assert";
import { takeLock } from "../src/state/lock.ts";
import { withLetters } from "./dlq_stage.ts";

Deno.test("without a connector: retry leaves the letters to the next start, the oldest first", async () => {
  await using given = await withLetters(["a", "b", "c"]);
  const { code, stdout } = await given.dlq("retry", "W-1", "--all");
  assertEquals([code, stdout], [0, [
    "3 dead letters to be tried again: no connector runs here, the next start takes them in",
  ]]);
  assertEquals([await given.dead(), (await given.retry()).length], [[], 3]);
  const { stdout: listed } = await given.dlq("list", "W-1");
  assertEquals(
    listed.map((line) => /to be tried again; cannot do this$/.test(line)),
    [false, true, true, true, false],
  );
  assertEquals(listed.at(-1), "3 dead letters wait to be tried again");
  const none = await given.dlq("retry", "W-1", "--all");
  assertEquals([none.code, none.stdout], [0, [
    "There is no dead letter that can be tried again",
  ]]);
});

Deno.test("retry says which process takes the letters in", async () => {
  await using given = await withLetters(["a"]);
  using _ = await takeLock(given.paths, "W-1");
  const held = await given.dlq("retry", "W-1", "--all");
  assertMatch(held.stdout[0]!, /the connector that runs here \(process \d+\)/);
});

Deno.test("a letter that waits is shown as one, is not retried twice, and can be dropped", async () => {
  await using given = await withLetters(["a", "b"]);
  const id = given.idOf("a");
  await given.dlq("retry", "W-1", id);
  const shown = await given.dlq("show", "W-1", id);
  assertMatch(shown.stdout.join("\n"), /^waits +to be tried again$/m);
  const json = await given.dlq("list", "W-1", "--json");
  assertEquals(
    json.stdout.map((line) => JSON.parse(line).waiting).toSorted(),
    [false, true],
  );
  const again = await given.dlq("retry", "W-1", id);
  assertEquals([again.code, again.stdout], [2, []]);
  assertMatch(again.stderr[0]!, /waits to be tried again already/);
  const rest = await given.dlq("retry", "W-1", "--all");
  assertMatch(rest.stdout[0]!, /^1 dead letter to be tried again/);
  const dropped = await given.dlq("drop", "W-1", "--all");
  assertMatch(dropped.stdout[0]!, /^2 dead letters dropped; /);
  assertEquals([await given.dead(), await given.retry()], [[], []]);
});
