/** A back end that cannot be used: what the agent card says, what a person is told, and how both end. */
import { assert, assertEquals } from "@std/assert";
import {
  type Backend,
  BackendError,
  createBackend,
  type Readiness,
} from "../mod.ts";
import { faults } from "../src/testing/mod.ts";
import { failureText } from "../src/delivery/failure_text.ts";
import { isWindows } from "../src/os/platform.ts";
import { Bench, recorder } from "./harness.ts";

const LACKS: Readiness = {
  ready: false,
  reason: "nobody is logged in",
  remedy: "run agent login",
};
const SENTENCE =
  "This agent is not set up: nobody is logged in; run agent login.";

/** A back end that works or not. Its check may know of it or not. */
class Fickle implements Backend {
  readonly name = "fickle";
  works = true;
  checks = 0;
  readonly #recorder = recorder();

  constructor(readonly checkKnows = true) {}

  async handle(...turn: Parameters<Backend["handle"]>) {
    if (this.works) return await this.#recorder.handle(...turn);
    throw new BackendError("final", "SECRET words", {
      failure: "not_ready",
      hint: "run agent login",
    });
  }

  check(): Promise<Readiness> {
    this.checks++;
    return Promise.resolve(
      this.works || !this.checkKnows ? { ready: true } : LACKS,
    );
  }
}

type Card = Readonly<Record<string, unknown>>;

/** The card that the page shows. */
async function shown(bench: Bench): Promise<Card> {
  const answer = await fetch(
    `${bench.sandbox.url}/workspaces/${bench.agent.id}`,
  );
  return (await answer.json()).agent_card;
}

/** Why the agent cannot be used, as each request to `endpoint` said; empty where it can. */
function told(bench: Bench, endpoint: "register" | "update-card"): unknown[] {
  return bench.sandbox.requestsTo(endpoint).map(({ json }) => {
    const { configuration_status: status, configuration_error: error } =
      (json as { agent_card: Card }).agent_card;
    assertEquals(status, error === undefined ? undefined : "not_configured");
    return error ?? "";
  });
}

/** What the heartbeats said was wrong. */
function errors(bench: Bench): unknown[] {
  return bench.sandbox.requestsTo("heartbeat").map(({ json }) => {
    const { error_rate: rate, sample_error: error } = json as Card;
    return error === "" ? rate : `${rate} ${error}`;
  });
}

Deno.test("a back end that is not ready at the start: card, heartbeat and answer say why, until it works", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const backend = new Fickle();
  backend.works = false;
  await bench.connect(backend);
  await sandbox.waitFor(() => told(bench, "update-card").length === 1);
  assertEquals(told(bench, "register"), [SENTENCE]);
  assertEquals(told(bench, "update-card"), [SENTENCE]);
  await sandbox.waitFor(() => errors(bench).includes(`1 ${SENTENCE}`));

  await sandbox.sendAsHuman(agent.id, "hello");
  await bench.ping("hello");
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(sandbox.notifies(agent.id), [
    SENTENCE,
  ]);
  assertEquals(bench.toPeer, [failureText("peer")]);

  backend.works = true; // nobody asks: the back end is
  await sandbox.waitFor(() => told(bench, "update-card").length === 2);
  assertEquals(told(bench, "update-card"), [SENTENCE, ""]);
  assertEquals(
    Object.hasOwn(await shown(bench), "configuration_status"),
    false,
  );
  const before = errors(bench).length;
  await sandbox.waitFor(() =>
    errors(bench).slice(before).some((said) => !`${said}`.includes("set up"))
  );
});

Deno.test("a back end that works again is told by a beat at once, though nobody wrote", async () => {
  await using bench = await Bench.start();
  const backend = new Fickle();
  backend.works = false;
  await bench.connect(backend, { heartbeatIntervalMs: 3_600_000 });
  await bench.sandbox.waitFor(() => errors(bench).length === 1);
  // What else a start changes would have a beat go out, too.
  const { checks } = backend;
  await bench.sandbox.waitFor(() => backend.checks >= checks + 10);
  backend.works = true;
  await bench.sandbox.waitFor(() => errors(bench).length === 2);
  assertEquals(errors(bench), [`1 ${SENTENCE}`, 0]);
});

Deno.test("what only a turn finds is told, and a check that does not see it does not take it back", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  const backend = new Fickle(false);
  await bench.connect(backend);
  backend.works = false;
  await sandbox.sendAsHuman(agent.id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  const why = "This agent is not set up: run agent login.";
  assertEquals(sandbox.notifies(agent.id), [why]);
  const asked = backend.checks;
  await sandbox.waitFor(() => backend.checks >= asked + 3);
  assertEquals(told(bench, "update-card"), [why]);

  backend.works = true;
  await sandbox.sendAsHuman(agent.id, "again");
  await sandbox.waitFor(() => told(bench, "update-card").length === 2);
  assertEquals(told(bench, "update-card"), [why, ""]);
});

Deno.test(
  "a command that is gone and comes back: nothing of where it lies is told",
  {
    ignore: isWindows,
  },
  async () => {
    await using bench = await Bench.start();
    const { sandbox, agent } = bench;
    const command = `${bench.stateDir}/answer.sh`;
    const install = () =>
      Deno.writeTextFile(command, "#!/bin/sh\ncat\n", { mode: 0o755 });
    await install();
    await bench.connect(createBackend("exec", { cmd: command }));
    await Deno.remove(command);
    await sandbox.sendAsHuman(agent.id, "hello");
    await bench.until(() => bench.count("delivered") === 1);
    await sandbox.waitFor(() => told(bench, "update-card").length === 1);
    const [bubble] = sandbox.notifies(agent.id);
    assertEquals(told(bench, "update-card"), [bubble!]);
    assert(bubble!.startsWith("This agent is not set up: "), bubble!);
    assert(!bubble!.includes(bench.stateDir), bubble!);
    await install();
    await sandbox.waitFor(() => told(bench, "update-card").length === 2);
    assertEquals(told(bench, "update-card").at(-1), "");
  },
);

Deno.test("a platform that refuses the card is asked again, and messages are answered meanwhile", async () => {
  await using bench = await Bench.start();
  const { sandbox } = bench;
  const refused = [401, 404, 500, 503, 429];
  for (const status of refused) {
    sandbox.fault("update-card", faults.status(status, { body: {} }));
  }
  await bench.connect(recorder(), { agentCard: { model: "opus" } });
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  await sandbox.waitFor(() =>
    sandbox.requestsTo("update-card").length === refused.length + 1
  );
  assertEquals(bench.toPeer, ["re: ping"]);
  assertEquals((await shown(bench)).model, "opus");
});

Deno.test("a back end that is mended is noticed, though the platform takes no card", async () => {
  await using bench = await Bench.start();
  const { sandbox } = bench;
  sandbox.fault("update-card", faults.status(404, { body: {} }), {
    times: Infinity,
  });
  const backend = new Fickle();
  backend.works = false;
  await bench.connect(backend);
  await sandbox.waitFor(() => told(bench, "update-card").length >= 2);
  await sandbox.waitFor(() => errors(bench).includes(`1 ${SENTENCE}`));
  backend.works = true;
  await sandbox.waitFor(() => !`${errors(bench).at(-1)}`.includes("set up"));
});

Deno.test("a card that nobody chose is not shown twice", async () => {
  await using bench = await Bench.start();
  await bench.connect(recorder());
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(told(bench, "register"), [""]);
  assertEquals(told(bench, "update-card"), []);
});

Deno.test("a registration while it runs says what is wrong, too", async () => {
  await using bench = await Bench.start();
  const { sandbox } = bench;
  const backend = new Fickle();
  backend.works = false;
  await bench.connect(backend);
  await sandbox.waitFor(() => told(bench, "update-card").length === 1);
  sandbox.fault("heartbeat", faults.status(404, { body: {} }));
  await sandbox.waitFor(() => told(bench, "register").length === 2);
  assertEquals(told(bench, "register"), [SENTENCE, SENTENCE]);
});

Deno.test("what an earlier process told is taken back by the next one, where its back end works", async () => {
  await using bench = await Bench.start();
  const backend = new Fickle();
  backend.works = false;
  const first = await bench.connect(backend);
  await bench.sandbox.waitFor(() => told(bench, "update-card").length === 1);
  await first.close();
  backend.works = true;
  await bench.connect(backend);
  await bench.sandbox.waitFor(() => told(bench, "update-card").length === 2);
  assertEquals(told(bench, "update-card"), [SENTENCE, ""]);
});
