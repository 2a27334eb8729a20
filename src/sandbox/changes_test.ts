import { assertEquals, assertRejects } from "@std/assert";
import { Changes } from "./changes.ts";

Deno.test("waitFor() resolves at once with what is there", async () => {
  assertEquals(await new Changes().waitFor(() => 7), 7);
});

Deno.test("waitFor() looks again after each change", async () => {
  const changes = new Changes();
  let value = 0;
  const waited = changes.waitFor(() => value === 2 && "two");
  changes.notify();
  value = 2;
  changes.notify();
  assertEquals(await waited, "two");
});

Deno.test("waitFor() rejects with what the predicate throws", async () => {
  await assertRejects(
    () =>
      new Changes().waitFor(() => {
        throw new Error("bad predicate");
      }),
    Error,
    "bad predicate",
  );
});

Deno.test("waitFor() ends with the reason of its signal", async () => {
  const stop = new AbortController();
  const waited = new Changes().waitFor(() => false, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await assertRejects(() => waited, Error, "enough");
});

Deno.test("waitFor() gives up and says what it waited for", async () => {
  await assertRejects(
    () =>
      new Changes().waitFor(() => false, { timeoutMs: 1, what: "A heartbeat" }),
    Error,
    "A heartbeat did not happen in 1 ms",
  );
});
