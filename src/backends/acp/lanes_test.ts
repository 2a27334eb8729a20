import { assertEquals } from "@std/assert";
import { Lanes } from "./lanes.ts";

const { signal } = new AbortController();

Deno.test("Lanes: one at a time, in order; another lane does not wait", async () => {
  const lanes = new Lanes();
  const order: string[] = [];
  const first = await lanes.enter("a", signal);
  const others = ["second", "third"].map(async (name) => {
    using _ = await lanes.enter("a", signal);
    order.push(name);
  });
  (await lanes.enter("b", signal))[Symbol.dispose]();
  assertEquals(order, []);
  first[Symbol.dispose]();
  await Promise.all(others);
  assertEquals(order, ["second", "third"]);
});

Deno.test("Lanes: whoever stops waiting lets nobody pass before the one in the lane", async () => {
  const lanes = new Lanes();
  const first = await lanes.enter("a", signal);
  const stop = new AbortController();
  const reason = new Error("stop");
  const second = lanes.enter("a", stop.signal).catch((error) => error);
  let entered = false;
  const third = lanes.enter("a", signal).then((lane) => {
    entered = true;
    lane[Symbol.dispose]();
  });
  stop.abort(reason);
  assertEquals(await second, reason);
  assertEquals(entered, false);
  first[Symbol.dispose]();
  await third;
  assertEquals(entered, true);
});
