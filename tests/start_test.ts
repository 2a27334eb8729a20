/** Starting: what is refused, what is found, what is told. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ConnectError, StateError, UsageError } from "../mod.ts";
import { ROTATE_CREDENTIALS } from "../src/errors.ts";
import { faults } from "../src/testing/mod.ts";
import { Bench, recorder } from "./harness.ts";

const codeOf = (error: unknown) =>
  error instanceof ConnectError ? error.code : error;

Deno.test("start: an unknown workspace is refused before it is registered, because a register would make a ghost", async () => {
  await using bench = await Bench.start();
  const workspaceId = crypto.randomUUID();
  const error = await assertRejects(
    () => bench.connect(recorder(), { workspaceId }),
    ConnectError,
  );
  assertEquals(error.code, "WORKSPACE_GONE");
  assertEquals(bench.sandbox.requestsTo("register").length, 0);
});

Deno.test("start: a removed workspace is refused", async () => {
  await using bench = await Bench.start();
  bench.sandbox.removeWorkspace(bench.agent.id);
  const error = await assertRejects(
    () => bench.connect(recorder()),
    ConnectError,
    "removed",
  );
  assertEquals(error.code, "WORKSPACE_GONE");
});

Deno.test("start: a wrong token is refused, and the token stands in no message", async () => {
  await using bench = await Bench.start();
  const token = "a-wrong-token-of-some-length";
  const error = await assertRejects(
    () => bench.connect(recorder(), { token }),
    ConnectError,
    "401",
  );
  assertEquals(error.code, "TOKEN_REFUSED");
  assertEquals(Deno.inspect(error).includes(token), false);
});

Deno.test("start: without a token for a workspace that has one, it is said what to press", async () => {
  await using bench = await Bench.start();
  const error = await assertRejects(
    () => bench.connect(recorder(), { token: "" }),
    ConnectError,
  );
  assertEquals(error.code, "TOKEN_REFUSED");
  assertEquals(
    error.hint,
    `no token was given, and the workspace has one: ${ROTATE_CREDENTIALS}`,
  );
});

Deno.test("start: a redirect is the operator's to follow", async () => {
  await using bench = await Bench.start();
  bench.sandbox.fault("any", faults.redirect("https://elsewhere.example/"), {
    times: Infinity,
  });
  const error = await assertRejects(
    () => bench.connect(recorder()),
    UsageError,
  );
  assertStringIncludes(error.message, "https://elsewhere.example/");
});

Deno.test("start: five attempts, then it gives up", async () => {
  await using bench = await Bench.start();
  bench.sandbox.fault("register", faults.status(503), { times: Infinity });
  const error = await assertRejects(
    () => bench.connect(recorder()),
    ConnectError,
    "register",
  );
  assertEquals(error.code, "GAVE_UP");
  assertEquals(bench.sandbox.requestsTo("register").length, 5);
});

Deno.test("start: an abort during the attempts ends them, with its reason", async () => {
  await using bench = await Bench.start();
  bench.sandbox.fault("register", faults.hang());
  const stop = new AbortController();
  const connecting = bench.connect(recorder(), { signal: stop.signal });
  await bench.sandbox.waitFor(() =>
    bench.sandbox.requestsTo("register").length === 1
  );
  const reason = new Error("changed my mind");
  stop.abort(reason);
  assertEquals(await connecting.catch((error) => error), reason);
});

Deno.test("start: a tenant that wants an Origin gets it, and the feed works", async () => {
  await using bench = await Bench.start({
    tenant: { orgId: crypto.randomUUID(), acceptOrigin: true },
  });
  const connection = await bench.connect(recorder());
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await connection.close();
  const [first, second] = bench.sandbox.requestsTo("workspace");
  assertEquals(first!.headers.get("origin"), null);
  assertEquals(second!.headers.get("origin"), bench.sandbox.url);
});

Deno.test("start: a platform that wants no Origin never sees one", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(recorder());
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await connection.close();
  const ours = bench.sandbox.requests.filter((request) =>
    request.headers.get("x-workspace-id") === bench.agent.id
  );
  assert(ours.length >= 5);
  assertEquals(ours.filter((request) => request.headers.has("origin")), []);
});

Deno.test("a damaged state file is moved aside and told; reading begins at the look-back", async () => {
  await using bench = await Bench.start();
  const path = `${bench.stateDir}/${bench.agent.id}.json`;
  await Deno.writeTextFile(path, '{"workspace_id":"x","last_si');
  await bench.ping("ping");
  await bench.connect(recorder());
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.count("state_damaged"), 1);
  const kept = [...Deno.readDirSync(bench.stateDir)].filter((entry) =>
    entry.name.includes(".corrupt-")
  );
  assertEquals(kept.length, 1);
});

Deno.test("a state of a newer release is refused, and left as it is", async () => {
  await using bench = await Bench.start();
  const { seal } = await import("../src/state/checksum.ts");
  const path = `${bench.stateDir}/${bench.agent.id}.json`;
  const text = seal({
    workspace_id: bench.agent.id,
    last_since_id: "",
    version: 99,
  });
  await Deno.writeTextFile(path, text);
  await assertRejects(
    () => bench.connect(recorder()),
    StateError,
    "version 99",
  );
  assertEquals(await Deno.readTextFile(path), text);
});

Deno.test("a minted token that was revoked: the one given now is tried, and the other way round", async () => {
  await using bench = await Bench.start();
  bench.sandbox.revokeTokens(bench.agent.id);
  await (await bench.connect(recorder())).close(); // mints one, which goes with the given one
  const rotated = bench.sandbox.rotateToken(bench.agent.id);
  // The operator gives the very token that the minted one belongs to: it is refused, and so is the minted one.
  const refused = await bench.connect(recorder()).catch(codeOf);
  assertEquals(refused, "TOKEN_REFUSED");
  // A token given anew wins.
  const connection = await bench.connect(recorder(), { token: rotated });
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await connection.close();
});

Deno.test("a dead minted token beside a good given one is no refusal", async () => {
  await using bench = await Bench.start();
  const { saveMintedToken } = await import("../src/state/token_file.ts");
  const { statePaths } = await import("../src/state/paths.ts");
  const paths = statePaths(bench.stateDir, bench.agent.id);
  await saveMintedToken(paths, "a-token-that-is-long-dead", bench.agent.token);
  await bench.connect(recorder());
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
});

Deno.test("start: a state that cannot be written is an error, not a connection that hangs", async () => {
  await using bench = await Bench.start();
  // A directory in the place of the state file: the rename fails.
  await Deno.mkdir(`${bench.stateDir}/${bench.agent.id}.json/in-the-way`, {
    recursive: true,
  });
  await assertRejects(() => bench.connect(recorder()), StateError);
});

Deno.test("a back end that is not ready is told before the first message", async () => {
  await using bench = await Bench.start();
  const warnings: string[] = [];
  const log = {
    debug: () => {},
    info: () => {},
    warn: (text: string, fields?: unknown) =>
      warnings.push(`${text} ${JSON.stringify(fields)}`),
    error: () => {},
  };
  const check = () =>
    Promise.resolve({
      ready: false as const,
      reason: "no such command",
      remedy: "install it",
    });
  const connection = await bench.connect({ ...recorder(), check }, { log });
  await connection.close();
  assertEquals(warnings, [
    'The back end "recorder" cannot work: no such command {"remedy":"install it"}',
  ]);
});

Deno.test("a damaged state file: what was handled is still known, and is not handled again", async () => {
  await using bench = await Bench.start();
  const backend = recorder();
  const connection = await bench.connect(backend);
  for (let i = 0; i < 300; i++) await bench.ping(`m${i}`);
  await bench.until(() => bench.count("delivered") === 300);
  await connection.close();
  const path = `${bench.stateDir}/${bench.agent.id}.json`;
  await Deno.truncate(path, 100);
  const again = await bench.connect(backend);
  await bench.ping("new");
  await bench.until(() => backend.asked.includes("new"));
  await again.close();
  // Those of the newest that stood in the file itself are done again, and no others.
  const repeated = backend.asked.length - 301;
  assert(repeated < 260, `${repeated} of 300 were handled again`);
});

Deno.test("start: a check that never ends, and an abort of it", async () => {
  await using bench = await Bench.start();
  const stop = new AbortController();
  const asked = Promise.withResolvers<void>();
  const connecting = bench.connect({
    ...recorder(),
    check: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  }, { signal: stop.signal });
  await asked.promise;
  const reason = new Error("changed my mind");
  stop.abort(reason);
  assertEquals(await connecting.catch((error) => error), reason);
});

Deno.test("an onEvent that turns out to be async, and rejects, disturbs nothing", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(recorder(), {
    onEvent: () => Promise.reject(new Error("a listener's bug")) as never,
  });
  await bench.ping("ping");
  await bench.sandbox.waitFor(() => bench.toPeer.length === 1);
  await connection.close();
});
