/** A real state with damage in any of its files: told, moved aside, never believed, and nobody gets anything twice by it. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StateError } from "../../src/errors.ts";
import { loadState } from "../../src/state/state.ts";
import { Stage } from "./stage.ts";

/** Older than the look-back of the lives that come after the damage. */
const OLD_MS = 600_000;

/** A stage whose connector was killed with answers unsent and a turn begun, after it had handled old messages. */
async function killedInTheMiddle(): Promise<Stage> {
  const stage = await Stage.set();
  for (const text of ["o1", "long o2"]) {
    await stage.send("poll", text, { context: "old", agoMs: OLD_MS });
  }
  await stage.live(undefined, { sinceSecs: 3_600 });
  await stage.castOfTwelve();
  const killed = await stage.live({ at: "post begun", nth: 4 });
  assert(killed);
  const state = stage.kept.state!;
  assert(state.outbox!.length > 0 && state.handled!.length > 2);
  return stage;
}

/** Files in the state directory that were moved aside, with their bytes. */
function movedAside(dir: string): string[] {
  return [...Deno.readDirSync(dir)].filter(({ name }) =>
    name.includes(".corrupt-")
  ).map(({ name }) => join(dir, name));
}

/** The state is lost: what is asked again is no older than the look-back, and the polling peer gets nothing twice. */
async function goOnWithout(stage: Stage, damage: Uint8Array): Promise<void> {
  const { kept, sandbox, peers, sent } = stage;
  // That they were handled is forgotten with the state; that they are too old to be asked again is what counts.
  const old = sent.splice(0, 2);
  kept.damage = new TextDecoder().decode(damage);
  await Deno.writeFile(kept.paths.state, damage);
  await stage.live(undefined);
  const life = stage.lives.at(-1)!;
  const [told, ...more] = life.all("state_damaged");
  assertEquals(more, []);
  assertEquals(await Deno.readFile(told!.movedTo), damage);
  assert(life.all("log").some(({ level }) => level === "error"));
  assert(life.all("asked").every(({ text }) => !/o[12]$/.test(text)));
  for (const context of ["old", "poll"]) {
    const got = sandbox.messagesTo(peers.poll)
      .filter((message) => message.contextId === context);
    const expected = [...old, ...sent].filter((one) => one.context === context);
    assertEquals(got.length, expected.length, `to ${context}`);
  }
  assertEquals(kept.leftovers, []);
}

Deno.test("every beginning of a real state file, and a flip of every byte of it, is told to be damaged", async () => {
  await using stage = await killedInTheMiddle();
  const { job, kept: { paths } } = stage;
  const whole = await Deno.readFile(paths.state);
  const refuse = async (bytes: Uint8Array) => {
    await Deno.writeFile(paths.state, bytes);
    const error = await loadState(job.stateDir, job.id).catch((error) => error);
    assert(error instanceof StateError && error.damaged, String(error));
  };
  for (let i = 0; i < whole.length; i++) {
    await refuse(whole.subarray(0, i));
    const flipped = whole.slice();
    flipped[i]! ^= 1 << (i % 8);
    await refuse(flipped);
  }
});

const DAMAGES:
  readonly (readonly [string, (whole: Uint8Array) => Uint8Array])[] = [
    ["empty", () => new Uint8Array()],
    ["cut in the middle", (whole) => whole.slice(0, whole.length / 2)],
    ["without its last byte", (whole) => whole.slice(0, -1)],
    ["with a bit flipped", (whole) => {
      const flipped = whole.slice();
      flipped[whole.length >> 2]! ^= 0x01;
      return flipped;
    }],
    ["with bytes that are no text", (whole) => whole.map(() => 0xff)],
  ];

for (const [what, damage] of DAMAGES) {
  Deno.test(`the state file ${what}: moved aside and told, and the look-back decides`, async () => {
    await using stage = await killedInTheMiddle();
    const whole = await Deno.readFile(stage.kept.paths.state);
    await goOnWithout(stage, damage(whole));
  });
}

Deno.test("killed again and again while a damaged state is replaced: handled rows beside it stay handled", async () => {
  await using stage = await Stage.set({ sinceSecs: 3_600 });
  const { sandbox, agent, kept } = stage;
  await stage.send("person", "h0");
  await stage.live(undefined);
  for (let i = 0; i < 300; i++) {
    sandbox.insertRow(agent.id, { method: "notice", summary: `notice ${i}` });
  }
  await stage.send("poll", "p0");
  await stage.live(undefined);
  assert(kept.state!.handled_files![1] > 0, "no file of handled rows");
  kept.damage = "{";
  await Deno.writeTextFile(kept.paths.state, kept.damage);
  for (const at of ["file moved", "leftovers removed", "registered"]) {
    assert(await stage.live({ at, nth: 1 }), at);
  }
  await stage.live(undefined);
  assertEquals(sandbox.notifies(agent.id), ["re: h0"]);
});

Deno.test("damaged files beside the state file: each is told, and the connector works on", async () => {
  await using stage = await Stage.set({ token: "" });
  const { sandbox, agent, kept, kept: { paths } } = stage;
  sandbox.revokeTokens(agent.id);
  await stage.send("poll", "before");
  await stage.live(undefined);
  for (const dir of [paths.dead, paths.retry]) {
    await Deno.mkdir(dir, { recursive: true });
    await Deno.writeTextFile(join(dir, `${crypto.randomUUID()}.json`), "{");
  }
  await Deno.writeFile(paths.lock, Uint8Array.of(0xff, 0xfe));
  await Deno.writeTextFile(paths.token, "no token");
  sandbox.revokeTokens(agent.id); // the operator makes a new one possible
  await stage.send("poll", "after");
  await stage.live(undefined);
  const life = stage.lives.at(-1)!;
  const places = life.all("state_damaged").map(({ movedTo }) => movedTo);
  assertEquals(places.length, 2);
  for (const movedTo of places) await Deno.stat(movedTo);
  assertEquals(movedAside(paths.dir).length, 1);
  assertEquals(kept.leftovers, []);
  assertEquals(
    sandbox.messagesTo(stage.peers.poll).map(({ text }) => text),
    ["re: before", "re: after"],
  );
});

Deno.test("the file of a long answer is damaged: the answer is a dead letter, later ones arrive", async () => {
  await using stage = await Stage.set();
  const { kept, sandbox, peers } = stage;
  const lost = await stage.send("poll", "long p1");
  await stage.send("poll", "p2");
  assert(await stage.live({ at: "post begun", nth: 1 }));
  const [name] = [...Deno.readDirSync(kept.paths.replies)];
  const path = join(kept.paths.replies, name!.name);
  const damage = await Deno.readFile(path);
  damage[1_000]! ^= 0x80;
  await Deno.writeFile(path, damage);
  await stage.live(undefined);
  const [told] = stage.lives.at(-1)!.all("state_damaged");
  assertEquals(await Deno.readFile(told!.movedTo), damage);
  assertEquals(kept.deadLetters("reply"), [lost.row]);
  assertEquals(sandbox.messagesTo(peers.poll).map(({ text }) => text), [
    "re: p2",
  ]);
});
