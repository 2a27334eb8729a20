/** The back end `module` with files of its own. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import type { Backend } from "../src/backends/backend.ts";
import { createBackend } from "../src/backends/registry.ts";
import { BackendError, UsageError } from "../src/errors.ts";
import { Bench } from "./harness.ts";
import { run } from "./program.ts";
import {
  backendContract,
  testContext,
  testMessage,
} from "../src/testing/mod.ts";

const dir = await Deno.makeTempDir();
let files = 0;

/** A file with `source`; `undefined` for one that is not there. */
function file(source?: string): string {
  const path = join(dir, `agent ${files++}.ts`);
  if (source !== undefined) Deno.writeTextFileSync(path, source);
  return path;
}

function module(source?: string, more: Record<string, string> = {}): Backend {
  return createBackend("module", { path: file(source), ...more });
}

const ECHO = `
  import type { Backend } from "${toFileUrl(join(Deno.cwd(), "mod.ts")).href}";
  const backend: Backend = {
    name: "mine",
    handle: async (message, { signal }) => {
      signal.throwIfAborted();
      return {
        parts: message.text === "" ? [] : [{ kind: "text", text: message.text }],
      };
    },
  };
  export default backend;`;

backendContract({
  name: "module",
  make: () => module(ECHO),
  makeEndless: (begun) => {
    Object.assign(globalThis, { moduleBegun: begun });
    return module(`export default {
      name: "mine",
      handle: (_, { signal }) => new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        globalThis.moduleBegun();
      }),
    };`);
  },
});

Deno.test("module hands its options to the function that makes the back end", async () => {
  const backend = module(
    `export default async ({ greeting, path }) => ({
       name: "mine",
       accepts: { files: true },
       secrets: ["a-secret-of-mine"],
       handle: () => Promise.resolve({
         parts: [{ kind: "text", text: greeting + (path ?? "") }],
       }),
     });`,
    { greeting: "hello" },
  );
  assertEquals(await backend.check!(testContext().signal), { ready: true });
  assertEquals(backend.accepts, { files: true });
  assertEquals(backend.secrets, ["a-secret-of-mine"]);
  const reply = await backend.handle(testMessage("hi"), testContext());
  assertEquals(reply.parts, [{ kind: "text", text: "hello" }]);
});

Deno.test("module runs the file once, and hands check() and close() on", async () => {
  const backend = module(`
    globalThis.loadedTimes = (globalThis.loadedTimes ?? 0) + 1;
    export default {
      name: "mine",
      handle: () => Promise.resolve({ parts: [] }),
      check: () => Promise.resolve({ ready: false, reason: "a", remedy: "b" }),
      close: () => { globalThis.closedTimes = (globalThis.closedTimes ?? 0) + 1; },
    };`);
  const { signal } = testContext();
  await Promise.all([
    backend.handle(testMessage("hi"), testContext()),
    backend.handle(testMessage("hi"), testContext()),
  ]);
  assertEquals(await backend.check!(signal), {
    ready: false,
    reason: "a",
    remedy: "b",
  });
  await backend.close!();
  const { loadedTimes, closedTimes } = globalThis as Record<string, unknown>;
  assertEquals([loadedTimes, closedTimes], [1, 1]);
});

Deno.test("module can be closed where nothing was loaded", async () => {
  await module(ECHO).close!();
});

interface Wrong {
  readonly source: string | undefined;
  readonly more?: Record<string, string>;
  readonly reason: RegExp;
}

const WRONG: Readonly<Record<string, Wrong>> = {
  "a file that is not there": {
    source: undefined,
    reason: /^There is no file /,
  },
  "no default export": {
    source: "export const backend = 1;",
    reason: /has no default export$/,
  },
  "a default export that is no back end": {
    source: `export default { name: "mine" };`,
    reason: /^The default export of .* is no back end$/,
  },
  "an object with options": {
    source: `export default { name: "mine", handle() {} };`,
    more: { greeting: "a", other: "b" },
    reason: /takes no options, but got greeting, other$/,
  },
  "a function that returns no back end": {
    source: "export default () => 7;",
    reason: /returned no back end$/,
  },
  "a function that throws": {
    source:
      `export default () => { throw new Error("no greeting\\nat all"); };`,
    reason: /exports threw: no greeting$/,
  },
  "a class": {
    source: "export default class Mine {}",
    reason: /exports threw: .*Mine/,
  },
  "a file that throws while it loads": {
    source: `throw new Error("no database");`,
    reason: /^Cannot load .*: no database$/,
  },
  "a file with a mistake": {
    source: "export default {{{",
    reason: /^Cannot load /,
  },
  "a file that imports what is not there": {
    source: `import "./no_such_file.ts"; export default {};`,
    reason: /^Cannot load .*no_such_file\.ts/,
  },
};

for (const [name, { source, more, reason }] of Object.entries(WRONG)) {
  Deno.test(`module says in one line what is wrong with ${name}`, async () => {
    const backend = module(source, more);
    const readiness = await backend.check!(testContext().signal);
    if (readiness.ready) throw new Error("it is ready");
    assert(reason.test(readiness.reason), readiness.reason);
    assert(!/\n/.test(readiness.reason), readiness.reason);
    assert(readiness.remedy !== "");
    const error = await assertRejects(
      () => backend.handle(testMessage("hi"), testContext()),
      BackendError,
    );
    assertEquals([error.kind, error.failure], ["final", "not_ready"]);
    assertEquals(error.message, readiness.reason);
  });
}

Deno.test("module needs a path", () => {
  assertThrows(
    () => createBackend("module", { greeting: "hello" }),
    UsageError,
    "needs the option path",
  );
});

Deno.test("module does not wait at a stop for a file that is long in loading", async () => {
  const gate = Promise.withResolvers<void>();
  Object.assign(globalThis, { moduleGate: gate.promise });
  const backend = module(`await globalThis.moduleGate; ${ECHO}`);
  const stop = new AbortController();
  const { signal } = stop;
  const turn = backend.handle(testMessage("hi"), testContext({ signal }));
  const check = backend.check!(signal);
  stop.abort(new Error("stop"));
  await assertRejects(() => turn, Error, "stop");
  await assertRejects(() => check, Error, "stop");
  gate.resolve();
  assertEquals(await backend.check!(testContext().signal), { ready: true });
});

Deno.test("module keeps what a BackendError of another copy of the package says", async () => {
  const backend = module(`
    class BackendError extends Error {
      name = "BackendError"; kind = "weather"; failure = "limit"; retryAfterMs = 5000; hint = "wait";
    }
    class Other extends Error { kind = "final"; }
    export default {
      name: "mine",
      handle: ({ text }) => Promise.reject(new (text === "other" ? Other : BackendError)("full")),
    };`);
  const fail = (text: string) =>
    assertRejects(
      () => backend.handle(testMessage(text), testContext()),
      Error,
      "full",
    );
  const error = await fail("hi");
  assert(error instanceof BackendError);
  const { kind, failure, retryAfterMs, hint } = error;
  assertEquals([kind, failure, retryAfterMs, hint], [
    "weather",
    "limit",
    5000,
    "wait",
  ]);
  assert(!(await fail("other") instanceof BackendError));
});

Deno.test("module: the program tells in one line what is missing, and no secret of the module", async () => {
  const path = file(`export default {
    name: "mine",
    secrets: ["s3cret-of-the-module"],
    handle: () => Promise.reject(new Error("never asked")),
    check: () => Promise.resolve({
      ready: false, reason: "s3cret-of-the-module is refused", remedy: "get a new one",
    }),
  };`);
  const { code, stderr } = await run([
    ...["connect", "W", "--api-url", "http://127.0.0.1:9", "--token", ""],
    ...["--backend", "module", "--backend-opt", `path=${path}`],
    ...["--state-dir", dir],
  ]);
  assertEquals(code, 2);
  assertEquals(
    stderr.at(-1),
    `molecule: the back end "module" cannot work: [redacted] is refused; get a new one`,
  );
});

Deno.test("module: what it accepts and hides counts behind the whole connector", async () => {
  await using bench = await Bench.start();
  await bench.connect(module(`export default {
    name: "mine",
    accepts: { files: true },
    secrets: ["s3cret-of-the-module"],
    handle: (_, { files }) => Promise.resolve({
      parts: [{ kind: "text", text: files.length + " s3cret-of-the-module" }],
    }),
  };`));
  const { sandbox, peer, agent } = bench;
  await sandbox.sendAsPeer(peer.id, agent.id, [{
    kind: "file",
    file: { name: "a.txt", mimeType: "text/plain", bytes: btoa("a") },
  }]);
  await bench.until(() => bench.toPeer.length === 1);
  assertEquals(bench.toPeer, ["1 [redacted]"]);
});

globalThis.addEventListener("unload", () => {
  Deno.removeSync(dir, { recursive: true });
});
