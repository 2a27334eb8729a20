import { assertEquals } from "@std/assert";
import { Epochs } from "./epochs.ts";

const DAY_MS = 24 * 3_600_000;

Deno.test("every conversation is in its first epoch, and nothing is saved of that", () => {
  const epochs = new Epochs(undefined);
  epochs.used("a", 1);
  assertEquals(epochs.of("a"), 0);
  assertEquals(epochs.snapshot(), undefined);
});

Deno.test("a conversation that begins an epoch leaves the others in theirs", () => {
  const epochs = new Epochs(undefined);
  epochs.begin("a", 5);
  assertEquals([epochs.of("a"), epochs.of("b")], [5, 0]);
  epochs.begin("a", 7);
  assertEquals(epochs.snapshot(), {
    newest: 7,
    all: 0,
    own: { a: [7, 7, ""] },
  });
});

Deno.test("an epoch for all is one number, and none of before comes back", () => {
  const epochs = new Epochs(undefined);
  epochs.begin("a", 5);
  epochs.beginAll(6);
  assertEquals([epochs.of("a"), epochs.of("b")], [6, 6]);
  assertEquals(epochs.snapshot(), { newest: 6, all: 6, own: {} });
  epochs.begin("b", 8);
  assertEquals([epochs.of("a"), epochs.of("b")], [6, 8]);
});

Deno.test("what was saved goes on, also where the clock was set back", () => {
  const epochs = new Epochs({ newest: 50, all: 2, own: { a: [40, 1] } });
  assertEquals([epochs.of("a"), epochs.of("b")], [40, 2]);
  epochs.begin("b", 3);
  assertEquals(epochs.of("b"), 51);
});

Deno.test("1,000 conversations are kept, those that were used last", () => {
  const epochs = new Epochs(undefined);
  for (let i = 1; i <= 1_000; i++) epochs.begin(`lane-${i}`, i);
  epochs.used("lane-1", 1_001);
  epochs.begin("one more", 1_002);
  assertEquals(epochs.of("lane-1"), 1);
  assertEquals(epochs.of("lane-2"), 0);
  assertEquals(Object.keys(epochs.snapshot()!.own).length, 1_000);
});

Deno.test("a conversation in which nothing was said for 30 days is forgotten", () => {
  const epochs = new Epochs(undefined);
  epochs.begin("old", 0);
  epochs.begin("used", 0);
  epochs.used("used", 29 * DAY_MS);
  epochs.begin("new", 31 * DAY_MS);
  assertEquals(Object.keys(epochs.snapshot()!.own), ["used", "new"]);
});

Deno.test("a sender that begins a thousand conversations anew pushes out its own, and nobody else's", () => {
  const epochs = new Epochs(undefined);
  epochs.begin("a person's", 1, "person");
  epochs.begin("an older file's", 2);
  for (let i = 1; i <= 2_000; i++) epochs.begin(`lane-${i}`, 10 + i, "peer");
  assertEquals(epochs.of("a person's"), 1);
  assertEquals(epochs.of("an older file's"), 2);
  assertEquals([epochs.of("lane-1"), epochs.of("lane-2000")], [0, 2_010]);
  assertEquals(Object.keys(epochs.snapshot()!.own).length, 1_000);
});
