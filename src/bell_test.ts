import { assertRejects } from "@std/assert";
import { Bell } from "./bell.ts";

const never = new AbortController().signal;

Deno.test("a Bell wakes everybody who waits, and nobody who comes later", async () => {
  const bell = new Bell();
  const waits = [bell.wait(never), bell.wait(never, 60_000)];
  bell.ring();
  await Promise.all(waits);
  const stop = new AbortController();
  const late = bell.wait(stop.signal);
  stop.abort(new Error("nobody rang"));
  await assertRejects(() => late, Error, "nobody rang");
});

Deno.test("a wait for a Bell ends by itself after its time", async () => {
  await new Bell().wait(never, 1);
  await new Bell().wait(never, -1);
});

Deno.test("a wait for a Bell whose signal has aborted does not begin", async () => {
  const signal = AbortSignal.abort(new Error("too late"));
  await assertRejects(() => new Bell().wait(signal, 1), Error, "too late");
});
