import { assert, assertEquals } from "@std/assert";
import type { Origin } from "../backends/backend.ts";
import type { Delivery } from "./delivery.ts";
import { PeerRate } from "./peer_rate.ts";

function message(callerId: string, origin: Origin = "peer"): Delivery {
  return { message: { origin, callerId } } as Delivery;
}

/** When `count` messages of one peer that are all there at 0 begin. */
function begins(rate: PeerRate, count: number, peer = "p"): number[] {
  const times: number[] = [];
  let now = 0;
  for (let i = 0; i < count; i++) {
    const delivery = message(peer);
    now = Math.max(now, rate.readyAt(delivery, now));
    assert(rate.readyAt(delivery, now) <= now, "ready, and then not");
    rate.take(delivery, now);
    times.push(now);
  }
  return times;
}

Deno.test("a minute's worth begins at once, then one each time that its share of a minute has passed", () => {
  assertEquals(begins(new PeerRate(2), 5), [0, 0, 30_000, 60_000, 90_000]);
  assertEquals(begins(new PeerRate(1), 3), [0, 60_000, 120_000]);
});

Deno.test("whatever the rate, no minute after the first has more than the rate", () => {
  for (const rate of [1, 3, 7, 60, 1_000]) {
    const times = begins(new PeerRate(rate), 5 * rate);
    for (let minute = 1; minute < 4; minute++) {
      const within = times.filter((at) =>
        at > minute * 60_000 && at <= (minute + 1) * 60_000
      );
      // Each wait is rounded up to a millisecond: a little less than the rate is right, too.
      assert(within.length <= rate, `${rate} a minute: ${within.length}`);
      assert(within.length >= rate * 0.97 - 1, `${rate}: ${within.length}`);
    }
  }
});

Deno.test("each peer has its own rate; people, channels and a rate of 0 have none", () => {
  const rate = new PeerRate(1);
  rate.take(message("a"), 0);
  assertEquals(rate.readyAt(message("a"), 0), 60_000);
  assert(rate.readyAt(message("b"), 0) <= 0);
  for (const origin of ["canvas", "channel"] as const) {
    for (let i = 0; i < 3; i++) rate.take(message("", origin), 0);
    assert(rate.readyAt(message("", origin), 0) <= 0);
  }
  assertEquals(new Set(begins(new PeerRate(0), 1_000)), new Set([0]));
});

Deno.test("a message that runs again needs no second token", () => {
  const rate = new PeerRate(1);
  const first = message("a");
  rate.take(first, 0);
  assert(rate.readyAt(first, 0) <= 0);
  rate.take(first, 0);
  assertEquals(rate.readyAt(message("a"), 0), 60_000);
});

Deno.test("a peer that was quiet for long has a minute's worth again, and no more", () => {
  const rate = new PeerRate(2);
  for (let i = 0; i < 2; i++) rate.take(message("a"), 0);
  const later = 3_600_000;
  for (let i = 0; i < 2; i++) {
    assert(rate.readyAt(message("a"), later) <= later);
    rate.take(message("a"), later);
  }
  assertEquals(rate.readyAt(message("a"), later), later + 30_000);
});

Deno.test("thousands of peers are not kept; one that has used up its rate is", () => {
  const rate = new PeerRate(1);
  rate.take(message("busy"), 59_000);
  for (let i = 0; i < 5_000; i++) rate.take(message(`peer ${i}`), 0);
  rate.take(message("one more"), 61_000);
  assertEquals(rate.readyAt(message("busy"), 61_000), 119_000);
});

Deno.test("it is told once a minute that a peer's messages wait", () => {
  const told: string[] = [];
  begins(new PeerRate(4, (peer) => told.push(peer)), 12, "a");
  // At 0, after the first four; the others wait 15 seconds each.
  assertEquals(told, ["a", "a"]);
});
