import { assertEquals, assertRejects } from "@std/assert";
import { Transport } from "./transport.ts";

/** Whether a client is closed: using one that is fails before anything is sent. */
async function isClosed(client: Deno.HttpClient): Promise<boolean> {
  try {
    await fetch("http://127.0.0.1:2/", { client });
    return false;
  } catch (error) {
    return error instanceof Deno.errors.BadResource;
  }
}

Deno.test("requests share a client until it is renewed", async () => {
  using transport = new Transport();
  const first = await transport.with((client) => Promise.resolve(client));
  const second = await transport.with((client) => Promise.resolve(client));
  assertEquals(first === second, true);
  transport.renew();
  const third = await transport.with((client) => Promise.resolve(client));
  assertEquals(third === first, false);
  assertEquals([await isClosed(first), await isClosed(third)], [true, false]);
});

Deno.test("a client that is in use stays open until its last use ends", async () => {
  using transport = new Transport();
  const [one, two] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
  ];
  let used!: Deno.HttpClient;
  const first = transport.with((client) => (used = client, one.promise));
  const second = transport.with(() => two.promise);
  transport.renew();
  transport.renew();
  one.resolve();
  await first;
  assertEquals(await isClosed(used), false);
  two.resolve();
  await second;
  assertEquals(await isClosed(used), true);
});

Deno.test("a use that fails frees its client too", async () => {
  using transport = new Transport();
  let used!: Deno.HttpClient;
  const failing = transport.with((client) => {
    used = client;
    transport.renew();
    return Promise.reject(new Error("no"));
  });
  await assertRejects(() => failing, Error, "no");
  assertEquals(await isClosed(used), true);
});

Deno.test("disposing closes the client once it is idle", async () => {
  const transport = new Transport();
  const end = Promise.withResolvers<void>();
  let used!: Deno.HttpClient;
  const use = transport.with((client) => (used = client, end.promise));
  transport[Symbol.dispose]();
  assertEquals(await isClosed(used), false);
  end.resolve();
  await use;
  assertEquals(await isClosed(used), true);
});
