/** The platform cannot be reached at all: its name does not resolve, or nobody listens. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  HttpSender,
  NoAnswerError,
  type RequestSpec,
} from "../../src/platform/request.ts";
import { Bench, recorder } from "../harness.ts";
import { freshDir, Program } from "../program.ts";

/** A network whose name server can be away. */
class Names extends HttpSender {
  isAway = false;
  missed = 0;
  onMiss = () => {};

  override send(spec: RequestSpec) {
    if (!this.isAway) return super.send(spec);
    this.missed++;
    this.onMiss();
    // As Deno's fetch says it; the program below meets a real one.
    const cause = new TypeError("fetch failed", {
      cause: new Error("client error (Connect): dns error: not known"),
    });
    const op = `${spec.method} ${spec.path}`;
    return Promise.reject(new NoAnswerError(op, cause, false));
  }
}

Deno.test("network: the platform's name does not resolve for a while: all is answered once when it does", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const names = new Names();
  const connection = await bench.connect(recorder(), {}, {}, names);
  await bench.ping("before");
  await bench.until(() => bench.count("delivered") === 1);
  const missed = Promise.withResolvers<void>();
  names.onMiss = () => {
    if (names.missed >= 3) missed.resolve();
  };
  names.isAway = true;
  await bench.ping("during");
  await sandbox.sendAsHuman(agent.id, "during");
  await missed.promise;
  assertEquals(connection.status.state, "connected");
  names.isAway = false;
  await bench.until(() => bench.count("delivered") === 3);
  assertEquals(bench.toPeer, ["re: before", "re: during"]);
  assertEquals(sandbox.notifies(agent.id), ["re: during"]);
});

Deno.test("network: nobody listens when it starts; the platform comes up before the tries are spent", async () => {
  await using bench = await Bench.start();
  await bench.ping("waiting");
  await bench.sandbox.goDown();
  const refused = Promise.withResolvers<void>();
  const quiet = () => {};
  const connecting = bench.connect(recorder(), {
    log: {
      debug: quiet,
      info: quiet,
      warn: () => refused.resolve(),
      error: quiet,
    },
  });
  await refused.promise;
  await bench.sandbox.comeBack();
  await connecting;
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["re: waiting"]);
});

Deno.test("network: a name that never resolves ends the start with exit code 6, and says so", async () => {
  await using dir = await freshDir();
  await using program = new Program([
    "connect",
    crypto.randomUUID(),
    "--api-url",
    "http://molecule.invalid",
    "--backend",
    "mock",
    "--state-dir",
    dir.path,
  ], { MOLECULE_WORKSPACE_TOKEN: "some-token-of-some-length" });
  assertEquals(await program.code(), 6);
  const last = program.stderr.all.at(-1) ?? "";
  assertStringIncludes(last, "in 5 attempts");
  assert(!program.stderr.text.includes("some-token-of-some-length"));
});
