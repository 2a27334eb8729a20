import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Backend, textReply } from "../backends/backend.ts";
import { checkBackend, checkedOnce, notReady } from "./backend_check.ts";

const never = new AbortController().signal;

function backend(check?: Backend["check"]): Backend {
  return {
    name: "b",
    handle: () => Promise.resolve(textReply("x")),
    ...(check === undefined ? {} : { check }),
  };
}

Deno.test("checkBackend() takes a back end without a check for ready", async () => {
  assertEquals(await checkBackend(backend(), never), {
    readiness: { ready: true },
  });
});

Deno.test("notReady() says what is missing and what to do", async () => {
  const lacking = backend(() =>
    Promise.resolve({ ready: false, reason: "no x", remedy: "install x" })
  );
  const { readiness } = await checkBackend(lacking, never);
  const error = notReady(lacking, readiness);
  assertEquals(error?.message, 'the back end "b" cannot work: no x');
  assertEquals(error?.hint, "install x");
  assertEquals(notReady(lacking, { ready: true }), undefined);
});

Deno.test("checkBackend() goes on with a check that fails or does not end, and says so", async () => {
  const fails = backend(() => Promise.reject(new Error("boom")));
  assertEquals(await checkBackend(fails, never), {
    readiness: { ready: true },
    doubt: "boom",
  });
  const hangs = backend(() => new Promise(() => {}));
  assertEquals(await checkBackend(hangs, never, 5), {
    readiness: { ready: true },
    doubt: "no answer within 0.005 s",
  });
});

Deno.test("checkBackend() ends with a stop", async () => {
  const stop = new AbortController();
  const seen: AbortSignal[] = [];
  const hangs = backend((signal) => {
    seen.push(signal);
    return new Promise(() => {});
  });
  const checked = checkBackend(hangs, stop.signal);
  stop.abort(new Error("stop"));
  await assertRejects(() => checked, Error, "stop");
  assert(seen[0]!.aborted);
  await assertRejects(() => checkBackend(hangs, stop.signal), Error, "stop");
  assertEquals(seen.length, 1);
});

Deno.test("checkedOnce() hands everything on, but the first check is done", async () => {
  let closed = 0;
  let asked = 0;
  const whole: Backend = {
    ...backend(() => {
      asked++;
      return Promise.resolve({ ready: false, reason: "r", remedy: "m" });
    }),
    accepts: { files: true },
    close: () => void closed++,
  };
  const { name, accepts, handle, check, close } = checkedOnce(whole);
  assertEquals([name, accepts], ["b", { files: true }]);
  const { signal } = new AbortController();
  assertEquals([(await check!(signal)).ready, asked], [true, 0]);
  assertEquals([(await check!(signal)).ready, asked], [false, 1]);
  assertEquals(checkedOnce(backend()).check, undefined);
  // deno-lint-ignore no-explicit-any -- this back end looks at neither
  const reply = await handle(undefined as any, undefined as any);
  assertEquals(reply, textReply("x"));
  await close!();
  assertEquals(closed, 1);
});

Deno.test("checkedOnce() hands on what a back end tells of itself later", () => {
  let loaded: Pick<Backend, "accepts" | "secrets"> = {};
  const module: Backend = {
    ...backend(),
    get accepts() {
      return loaded.accepts ?? {};
    },
    get secrets() {
      return loaded.secrets ?? [];
    },
  };
  const given = checkedOnce(module);
  assertEquals([given.accepts, given.secrets], [{}, []]);
  loaded = { accepts: { files: true }, secrets: ["s"] };
  assertEquals([given.accepts, given.secrets], [{ files: true }, ["s"]]);
});
