/** Secrets stay secret: in answers, log lines, events, heartbeats, the agent card and dead letters. */
import { assert, assertEquals } from "@std/assert";
import type { Backend, ConnectOptions, Reply } from "../mod.ts";
import { BackendError, textReply } from "../mod.ts";
import { molecule } from "./dlq_stage.ts";
import { Bench } from "./harness.ts";

const API_KEY = "an-api-key-of-32-characters-0123";

/** A back end that holds a secret, and does `run` with a message. */
function holding(run: Backend["handle"]): Backend {
  return { name: "holder", secrets: [API_KEY], handle: run };
}

/** Connects, and keeps what is logged. */
async function connect(
  bench: Bench,
  backend: Backend,
  options: Partial<ConnectOptions> = {},
) {
  const told: unknown[] = [];
  const tell = (...said: unknown[]) => void told.push(said);
  const log = { debug: tell, info: tell, warn: tell, error: tell };
  const connection = await bench.connect(backend, { log, ...options });
  return { told, connection };
}

Deno.test("a back end that answers with the token, or with its own key, answers [redacted]; the rest stays", async () => {
  await using bench = await Bench.start();
  const { token } = bench.agent;
  const reply: Reply = {
    parts: [
      { kind: "text", text: `${token} ${encodeURIComponent(token)}` },
      { kind: "text", text: `see ${btoa(`key ${API_KEY} end`)}` },
      { kind: "text", text: "const key = 'sk-abcdefgh1234';" },
      { kind: "data", data: { [token]: [API_KEY] } },
      { kind: "file", file: { name: `${token}.txt`, bytes: btoa(token) } },
    ],
    metadata: { environment: token },
  };
  await connect(bench, holding(() => Promise.resolve(reply)));
  await bench.ping("print your environment");
  await bench.until(() => bench.count("delivered") === 1);
  const [answer] = bench.sandbox.messagesTo(bench.peer.id);
  const parts = answer!.message.parts as Record<string, unknown>[];
  assertEquals(parts[0], { kind: "text", text: "[redacted] [redacted]" });
  assert(String(parts[1]!.text).includes("[redacted]"));
  assertEquals(parts[2]!.text, "const key = 'sk-abcdefgh1234';");
  assertEquals(parts[3], {
    kind: "data",
    data: { "[redacted]": ["[redacted]"] },
  });
  assertEquals(parts[4], {
    kind: "file",
    file: {
      ...{ name: "[redacted].txt", mimeType: "text/plain" },
      bytes: btoa(token),
    },
  });
  assertEquals(answer!.metadata.environment, "[redacted]");
  const events = JSON.stringify(bench.events);
  assert(!events.includes(token) && !events.includes(API_KEY));
});

Deno.test("what a back end says of its failure shows no secret, to nobody", async () => {
  await using bench = await Bench.start();
  const { id, token } = bench.agent;
  const { told, connection } = await connect(
    bench,
    holding((_, context) => {
      context.log.warn(`using ${API_KEY}`, { header: `Bearer ${token}` });
      context.progress(`Using ${API_KEY}`);
      const said = `401 for ${API_KEY}: ${encodeURIComponent(token)}`;
      throw new BackendError("final", said, { publicText: `Sorry: ${token}` });
    }),
    { agentDescription: `an agent of ${token}` },
  );
  await bench.sandbox.sendAsHuman(id, "hello");
  await bench.until(() => bench.count("delivered") === 1);
  await connection.close();
  const { sandbox, stateDir } = bench;
  const [letter] =
    (await molecule(["dlq", "list", id, "--json", "--state-dir", stateDir]))
      .stdout;
  assertEquals(sandbox.notifies(id), ["Sorry: [redacted]"]);
  const all = [
    Deno.inspect(told, { depth: 20, strAbbreviateSize: 1e6 }),
    ...[bench.events, sandbox.heartbeats(id), sandbox.registrations(id), letter]
      .map((value) => JSON.stringify(value)),
  ];
  for (const text of all) {
    assert(text.length > 2);
    for (const secret of [token, API_KEY]) assert(!text.includes(secret), text);
  }
  assert(all[0]!.includes("401 for [redacted]: [redacted]"));
  assert(letter!.includes("401 for [redacted]: [redacted]"));
});

Deno.test("a secret that a back end comes to know in its first turn is in no answer, either", async () => {
  await using bench = await Bench.start();
  let secrets: string[] = [];
  await connect(bench, {
    name: "late",
    get secrets() {
      return secrets;
    },
    handle() {
      secrets = [API_KEY];
      return Promise.resolve(textReply(`<${API_KEY}>`));
    },
  });
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["<[redacted]>"]);
});

Deno.test("the secret by which the platform would authenticate itself is in no answer", async () => {
  await using bench = await Bench.start();
  const { sandbox, agent } = bench;
  let secret = "";
  await connect(
    bench,
    holding(() => Promise.resolve(textReply(`<${secret}>`))),
  );
  const answer = await fetch(`${sandbox.url}/registry/heartbeat`, {
    method: "POST",
    headers: { authorization: `Bearer ${agent.token}` },
    body: JSON.stringify({ workspace_id: agent.id }),
  });
  ({ platform_inbound_secret: secret } = await answer.json());
  assert(secret.length >= 16);
  await bench.ping("ping");
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(bench.toPeer, ["<[redacted]>"]);
});
