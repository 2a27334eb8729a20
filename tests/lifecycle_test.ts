/** Being refused, being removed, failing, stopping. */
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ConnectError, loadState, textReply } from "../mod.ts";
import { ROTATE_CREDENTIALS } from "../src/errors.ts";
import { faults } from "../src/testing/mod.ts";
import { Bench, recorder } from "./harness.ts";

const codeOf = (error: unknown) =>
  error instanceof ConnectError ? error.code : error;

Deno.test("heartbeats are refused for good: they stop, reading goes on, and a new registration brings them back", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(recorder());
  bench.sandbox.fault(
    "heartbeat",
    faults.status(401, { body: { error: "invalid workspace auth token" } }),
  );
  await bench.until(() => bench.count("heartbeat_stopped") === 1);
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(connection.status.state, "connected");
  await bench.until(() => bench.count("heartbeat_resumed") === 1);
  const beats = bench.count("heartbeat");
  await bench.until(() => bench.count("heartbeat") > beats);
});

for (const status of [408, 409, 429, 500, 503]) {
  Deno.test(`a heartbeat answered ${status} is only a failed one`, async () => {
    await using bench = await Bench.start();
    await bench.connect(recorder());
    bench.sandbox.fault("heartbeat", faults.status(status));
    await bench.until(() => bench.count("heartbeat") >= 3);
    assertEquals(bench.count("heartbeat_stopped"), 0);
  });
}

Deno.test("a revoked token ends the connection with its reason", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(recorder());
  bench.sandbox.rotateToken(bench.agent.id);
  const why = await connection.closed;
  assertEquals(codeOf(why), "TOKEN_REFUSED");
  assertStringIncludes(`${Object(why).hint}`, ROTATE_CREDENTIALS);
  assertEquals(connection.status.state, "closed");
});

Deno.test("every token revoked: register mints one, and the connection goes on with it", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  bench.sandbox.revokeTokens(bench.agent.id);
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
});

Deno.test("a removed workspace ends the connection", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(recorder());
  bench.sandbox.removeWorkspace(bench.agent.id);
  assertEquals(codeOf(await connection.closed), "WORKSPACE_GONE");
});

Deno.test("close() lets the running turn finish and sends its answer", async () => {
  await using bench = await Bench.start();
  const go = Promise.withResolvers<void>();
  const connection = await bench.connect(recorder(() => go.promise));
  await bench.ping("ping");
  await bench.ping("waiting");
  await bench.until(() => bench.count("turn_started") === 1);
  const closing = Promise.all([connection.close(), connection.close()]);
  assertEquals(connection.status.state, "closing");
  go.resolve();
  await closing;
  assertEquals(await connection.closed, undefined);
  assertEquals(bench.toPeer, ["re: ping"]);
  const last = bench.sandbox.heartbeats(bench.agent.id).at(-1)!;
  assertEquals([last.active_tasks, last.current_task], [0, ""]);
  const backend = recorder();
  await bench.connect(backend);
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(backend.asked, ["waiting"]);
});

Deno.test("a shorter grace cuts the turn; it is run again at the next start, and does not count", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(
    recorder((_, signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      )
    ),
  );
  await bench.ping("ping");
  await bench.until(() => bench.count("turn_started") === 1);
  const closing = connection.close();
  await connection.close({ graceMs: 0 });
  await closing;
  const { attempts = {} } = await loadState(bench.stateDir, bench.agent.id);
  assertEquals(Object.values(attempts).map(({ n }) => n), [0]);
  const again: boolean[] = [];
  await bench.connect({
    name: "noting",
    handle: (_, context) => {
      again.push(context.again);
      return Promise.resolve(textReply("pong"));
    },
  });
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(again, [true]);
  const starts = bench.events.filter((event) => event.type === "turn_started");
  assertEquals(
    starts.map((event) => event.type === "turn_started" && event.attempt),
    [1, 1],
  );
});

Deno.test("a turn that ignores its signal is abandoned", async () => {
  await using bench = await Bench.start();
  const never = Promise.withResolvers<void>();
  const connection = await bench.connect(recorder(() => never.promise));
  await bench.ping("ping");
  await bench.until(() => bench.count("turn_started") === 1);
  await connection.close({ graceMs: 0 });
  assertEquals(await connection.closed, undefined);
  never.resolve();
});

Deno.test("aborting the signal is close()", async () => {
  await using bench = await Bench.start();
  const stop = new AbortController();
  const connection = await bench.connect(recorder(), { signal: stop.signal });
  stop.abort();
  assertEquals(await connection.closed, undefined);
});

Deno.test("with once, equal texts to a person all come before it closes, and none is a failure", async () => {
  await using bench = await Bench.start();
  for (const text of ["one", "two", "three"]) {
    await bench.sandbox.sendAsHuman(bench.agent.id, text);
  }
  const warnings: string[] = [];
  const nothing = () => {};
  const connection = await bench.connect(
    { name: "same", handle: () => Promise.resolve(textReply("the same")) },
    {
      once: true,
      log: {
        ...{ debug: nothing, info: nothing, error: nothing },
        warn: (line) => warnings.push(line),
      },
    },
  );
  assertEquals(await connection.closed, undefined);
  assertEquals(
    bench.sandbox.notifies(bench.agent.id),
    ["the same", "the same", "the same"],
  );
  assertEquals(warnings, []);
});

Deno.test("once: what is there is answered, then the connection closes by itself", async () => {
  await using bench = await Bench.start();
  for (const n of [1, 2, 3]) await bench.ping(`${n}`);
  const connection = await bench.connect(recorder(), { once: true });
  assertEquals(await connection.closed, undefined);
  assertEquals(bench.toPeer, ["re: 1", "re: 2", "re: 3"]);
});

Deno.test("a run that failed for another message's sake burns no attempt", async () => {
  const { BackendError } = await import("../mod.ts");
  await using bench = await Bench.start();
  const attempts: number[] = [];
  let left = 5;
  await bench.connect({
    name: "shared",
    handle: (_, { attempt }) => {
      attempts.push(attempt);
      if (left-- > 0) {
        throw new BackendError("retry", "ended", { uncounted: true });
      }
      return Promise.resolve(textReply("at last"));
    },
  }, { maxAttempts: 2 });
  await bench.ping("hi");
  await bench.until(() => bench.toPeer.length > 0);
  assertEquals(bench.toPeer, ["at last"]);
  assertEquals(attempts, [1, 1, 1, 1, 1, 1]);
});

Deno.test("a back end that is told to pause by its own weather burns no attempt", async () => {
  const { BackendError } = await import("../mod.ts");
  await using bench = await Bench.start();
  let left = 5;
  const backend = recorder(() => {
    if (left-- > 0) throw new BackendError("weather", "overloaded");
  });
  await bench.connect(backend);
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  const starts = bench.events.filter((event) => event.type === "turn_started");
  assertEquals(
    starts.every((event) =>
      event.type === "turn_started" && event.attempt === 1
    ),
    true,
  );
  assertEquals(bench.count("dead_letter"), 0);
});

Deno.test("a final failure is not tried again, and its public text is what a person reads, but no peer", async () => {
  const { BackendError } = await import("../mod.ts");
  await using bench = await Bench.start();
  const backend = recorder(() => {
    throw new BackendError("final", "the secret reason", {
      publicText: "I am not set up yet.",
    });
  });
  await bench.connect(backend);
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.ping("hello");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(backend.asked.length, 2);
  assertEquals(bench.sandbox.notifies(bench.agent.id), [
    "I am not set up yet.",
  ]);
  assertEquals(bench.toPeer, ["This message could not be processed."]);
  const letters = bench.events.filter((event) => event.type === "dead_letter");
  assertEquals(
    letters.map((letter) => letter.reason),
    Array(2).fill("the secret reason"),
  );
});

Deno.test("a failure is told once, when the message is given up, in the words of its last kind", async () => {
  const { BackendError } = await import("../mod.ts");
  await using bench = await Bench.start();
  const kinds = ["failed", "failed", "too_many_steps"] as const;
  let tries = 0;
  await bench.connect(recorder(() => {
    const failure = kinds[tries++]!;
    throw new BackendError("retry", "SECRET", { failure });
  }));
  await bench.sandbox.sendAsHuman(bench.agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(tries, 3);
  const [text, ...more] = bench.sandbox.notifies(bench.agent.id);
  assertMatch(text!, /took more steps/);
  assertEquals(more, []);
});

Deno.test("what onEvent throws disturbs nothing", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(recorder(), {
    onEvent: () => {
      throw new Error("a listener's bug");
    },
  });
  await bench.ping("ping");
  await bench.sandbox.waitFor(() => bench.toPeer.length === 1);
  await connection.close();
  assertEquals(await connection.closed, undefined);
});

Deno.test("a proxy that shows our own headers brings the token into no error", async () => {
  await using bench = await Bench.start();
  bench.sandbox.fault(
    "register",
    ({ request }) =>
      new Response(`you sent ${request.headers.get("authorization")}`, {
        status: 400,
      }),
  );
  const error = await assertRejects(
    () => bench.connect(recorder()),
    ConnectError,
    "you sent",
  );
  assertEquals(Deno.inspect(error).includes(bench.agent.token), false);
});

Deno.test("a proxy's 403 page on everything is no refused token", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(recorder());
  const blocked = bench.sandbox.fault("any", faults.html(403), {
    times: Infinity,
    when: (request) => !request.path.endsWith("/a2a"),
  });
  // It is looked into, again and again.
  const registered = () => bench.sandbox.requestsTo("register").length;
  await bench.sandbox.waitFor(() => registered() >= 4);
  assertEquals(connection.status.state, "connected");
  blocked.remove();
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
});

Deno.test("a back end that does not close keeps no connection from closing", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect({
    ...recorder(),
    close: () => new Promise(() => {}),
  });
  await connection.close();
  assertStringIncludes(String(await connection.closed), "does not end");
});

Deno.test("the state cannot be saved for a while: nothing is sent that is not saved, and all is sent afterwards", async () => {
  await using bench = await Bench.start();
  const errors: string[] = [];
  const quiet = () => {};
  const log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (text: string) => errors.push(text),
  };
  const connection = await bench.connect(recorder(), { log });
  await bench.ping("one");
  await bench.until(() => bench.count("delivered") === 1);
  // A directory in the place of the file: no rename over it succeeds.
  const path = `${bench.stateDir}/${bench.agent.id}.json`;
  await Deno.remove(path);
  await Deno.mkdir(`${path}/in-the-way`, { recursive: true });
  await bench.ping("two");
  await bench.until(() => errors.length > 0);
  assertEquals(bench.toPeer, ["re: one"]);
  assertEquals(connection.status.state, "connected");
  await Deno.remove(path, { recursive: true });
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(bench.toPeer, ["re: one", "re: two"]);
});
