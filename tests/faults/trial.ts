/** One fault at one endpoint, tried on a connection at work: what happens meanwhile, and how it ends. */
import { assert, assertEquals } from "@std/assert";
import type { ConnectOptions } from "../../mod.ts";
import { ConnectError } from "../../mod.ts";
import { type Endpoint, faults } from "../../src/testing/mod.ts";
import { Bench, recorder } from "../harness.ts";
import { Gateway, type RawRule } from "./gateway.ts";
import type { End, Place, Row } from "./matrix.ts";
import {
  type FaultName,
  REQUEST_TIMEOUT_MS,
  WIRE_FAULTS,
  type WireFault,
} from "./wire_faults.ts";

const ENDPOINT: Readonly<Record<Place, Endpoint>> = {
  start: "register",
  again: "register",
  heartbeat: "heartbeat",
  feed: "activity",
  a2a: "a2a",
  notify: "notify",
  channel: "channel",
};

/** How the endpoints look on the wire. */
const LINE: Readonly<Record<Place, RegExp>> = {
  start: /\/registry\/register /,
  again: /\/registry\/register /,
  heartbeat: /\/registry\/heartbeat /,
  feed: /\/activity\?/,
  a2a: /\/a2a /,
  notify: /\/notify /,
  channel: /\/channels\/[^/]+\/send /,
};

/** Whoever asks gets an answer. */
type Asker = "peer" | "person" | "channel";

/** So many answers come of one `ask()`. */
const ASKERS = 3;

/** Who is the one that the fault of a place keeps from its answer. */
const HIT: Partial<Record<Place, Asker>> = {
  a2a: "peer",
  notify: "person",
  channel: "channel",
};

/** A lasting fault is met more than once before it is removed. */
const LASTS_HITS = 2;

/** A sandbox behind a gateway, a fault to put in force, and everything that was told. */
class Trial implements AsyncDisposable {
  readonly told: unknown[] = [];
  #sent = 0;

  private constructor(
    readonly bench: Bench,
    readonly gateway: Gateway,
    readonly place: Place,
    readonly fault: WireFault,
  ) {}

  static async begin(place: Place, name: FaultName): Promise<Trial> {
    const bench = await Bench.start();
    const gateway = new Gateway(bench.sandbox.url);
    return new Trial(bench, gateway, place, WIRE_FAULTS[name]);
  }

  /** Puts the fault in force; gives how often it struck, and how to end it. */
  strike(times: number): { hits: () => number; remove: () => void } {
    const { answer, raw } = this.fault;
    if (answer !== undefined) {
      const scripted = this.bench.sandbox.fault(ENDPOINT[this.place], answer, {
        times,
      });
      return { hits: () => scripted.hits, remove: () => scripted.remove() };
    }
    const rule: RawRule = {
      fault: raw!,
      when: (line) => LINE[this.place].test(line),
      times,
      hits: 0,
    };
    this.gateway.add(rule);
    return { hits: () => rule.hits, remove: () => void (rule.times = 0) };
  }

  async connect(options: Partial<ConnectOptions> = {}) {
    const tell = (...said: unknown[]) => void this.told.push(said);
    return await this.bench.connect(recorder(), {
      apiUrl: this.gateway.url,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      log: { debug: tell, info: tell, warn: tell, error: tell },
      ...options,
    });
  }

  /** A message of a peer, one of a person and one of a channel, of one text. */
  async ask(): Promise<void> {
    const text = `private words ${++this.#sent}`;
    const { sandbox, agent } = this.bench;
    await this.bench.ping(text);
    await sandbox.sendAsHuman(agent.id, text);
    await sandbox.sendAsChannel(agent.id, text, { channelId: "c" });
  }

  /** Who got an answer to which message. */
  answers(): Record<Asker, string[]> {
    const { bench } = this;
    const { sandbox, agent } = bench;
    const number = (text: string) => text.replace("re: private words ", "");
    return {
      peer: bench.toPeer.map(number),
      person: sandbox.notifies(agent.id).map(number),
      channel: sandbox.channelMessages(agent.id).map(({ text }) =>
        number(text)
      ),
    };
  }

  /** How many answers came to an end. */
  get ended(): number {
    return this.bench.count("delivered") + this.bench.count("dead_letter");
  }

  /** Everything that the first `asks` calls of `ask()` brought has come to an end. */
  async untilAnswered(asks: number): Promise<void> {
    await this.bench.until(() => this.ended >= ASKERS * asks);
  }

  beats() {
    return this.bench.sandbox.heartbeats(this.bench.agent.id);
  }

  /** The next beats say that all is well, and the platform believes it. */
  async untilWell(): Promise<void> {
    const { sandbox, agent } = this.bench;
    const before = this.beats().length;
    await sandbox.waitFor(
      () =>
        this.beats().length > before && this.beats().at(-1)?.error_rate === 0 &&
        sandbox.status(agent.id) === "online",
      { what: "a good beat" },
    );
  }

  /** Nothing that others read holds the token, or what people wrote. */
  assertDiscreet(): void {
    const beats = JSON.stringify(this.beats());
    assert(!beats.includes("private words"), beats);
    const all = beats + Deno.inspect(this.told, { depth: 20 }) +
      JSON.stringify(this.bench.events);
    assert(!all.includes(this.bench.agent.token), "the token was told");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
    await this.gateway[Symbol.asyncDispose]();
  }
}

/** Tries a fault at the start: `connect()` comes to `end`. */
async function tryAtStart(
  name: FaultName,
  times: number,
  end: End,
): Promise<void> {
  await using trial = await Trial.begin("start", name);
  const fault = trial.strike(times);
  await trial.ask();
  const connecting = trial.connect();
  if (end !== "recovers") {
    const error: unknown = await connecting.then(() => undefined, (e) => e);
    if (!(error instanceof ConnectError)) throw error ?? new Error("connected");
    assertEquals(error.code, end);
    assert(!Deno.inspect(error).includes(trial.bench.agent.token));
    fault.remove();
    trial.bench.events.splice(0); // what ended is over
    await trial.connect();
  } else {
    await connecting;
  }
  assert(fault.hits() >= 1, "the fault never struck");
  fault.remove();
  await trial.untilAnswered(1);
  const all = ["1"];
  assertEquals(trial.answers(), { peer: all, person: all, channel: all });
  trial.assertDiscreet();
}

/** Tries a fault while the connection runs: first on one request, then on all of them until it is removed. */
async function tryRunning(row: Row, name: FaultName): Promise<void> {
  await using trial = await Trial.begin(row.place, name);
  const { bench } = trial;
  const connection = await trial.connect();
  const ends = [row.once, row.lasting, "recovers"];

  const once = trial.strike(1);
  await provoke(trial);
  await trial.ask();
  await bench.sandbox.waitFor(() => once.hits() === 1, {
    what: "the fault",
  });
  await trial.untilAnswered(1);
  await trial.untilWell();

  const lasting = trial.strike(Infinity);
  await provoke(trial);
  await trial.ask();
  // A bubble that is found to be there is not sent again: then one hit is all there is.
  const enough = () =>
    lasting.hits() >=
      (row.isGood || trial.ended >= 2 * ASKERS ? 1 : LASTS_HITS);
  const isDead = row.lasting === "dead letter";
  await until(trial, () => isDead ? lasting.hits() >= 1 : enough());
  await meanwhile(trial, row, isDead);
  lasting.remove();
  await trial.untilAnswered(2);
  await trial.ask();
  await trial.untilAnswered(3);
  await trial.untilWell();

  assertEquals(connection.status.state, "connected");
  assertEquals(connection.status.unsent, 0);
  await connection.close();
  assertEquals(await connection.closed, undefined);
  for (const [who, answers] of Object.entries(trial.answers())) {
    assertAnswered(answers, who === HIT[row.place] ? ends : ["", "", ""]);
  }
  const count = (what: string) => ends.filter((end) => end === what).length;
  assertEquals(bench.count("dead_letter"), count("dead letter"));
  const uncertain = bench.events.filter((event) =>
    event.type === "delivered" && !event.certain
  );
  // More of them where this machine is so busy that a request to a channel takes longer than it may.
  assert(uncertain.length >= count("outcome unknown"), "told as certain");
  assertEquals(bench.count("heartbeat_stopped") > 0, beatsStop(row));
  trial.assertDiscreet();
}

/** Each message was answered once, in order, unless it came to an `end` that says otherwise. */
function assertAnswered(answers: string[], ends: readonly string[]): void {
  const sure = ends.flatMap((end, i) => {
    const text = String(i + 1);
    if (end === "dead letter") return [];
    return end !== "outcome unknown" || answers.includes(text) ? [text] : [];
  });
  assertEquals(answers, sure);
}

function beatsStop(row: Row): boolean {
  return row.stopsBeats === true || row.place === "again";
}

/** Heartbeats that were refused are what makes a running connection register again. */
async function provoke(trial: Trial): Promise<void> {
  if (trial.place !== "again") return;
  const { sandbox } = trial.bench;
  const refused = sandbox.fault("heartbeat", faults.status(401));
  await sandbox.waitFor(() => refused.spent, {
    what: "a refused beat",
  });
}

/** Looks again at every event of the connection, and at every request. */
async function until(trial: Trial, is: () => boolean): Promise<void> {
  const { bench } = trial;
  const ended = new AbortController();
  try {
    await Promise.race([
      bench.until(is),
      bench.sandbox.waitFor(() => is(), {
        signal: ended.signal,
        what: String(is),
      }),
    ]);
  } finally {
    ended.abort();
  }
}

/** While the fault lasts, the other loops do not suffer, and presence tells what it can. */
async function meanwhile(
  trial: Trial,
  row: Row,
  isDead: boolean,
): Promise<void> {
  const { bench } = trial;
  const { sandbox, agent } = bench;
  for (const who of ["peer", "person", "channel"] as const) {
    if (who === HIT[row.place] || row.place === "feed") continue;
    await until(trial, () => trial.answers()[who].includes("2"));
  }
  if (isDead) {
    const before = row.once === "dead letter" ? 1 : 0;
    await bench.until(() => bench.count("dead_letter") === before + 1);
  }
  if (row.place === "feed") {
    await sandbox.waitFor(() => sandbox.status(agent.id) === "degraded", {
      what: "a beat that tells of the fault",
    });
    const [bad] = trial.beats().filter((beat) => beat.error_rate === 1);
    assert(String(bad?.sample_error).includes("/activity: "), "no reason");
  } else if (row.place !== "heartbeat" && row.place !== "again") {
    const before = trial.beats().length;
    await sandbox.waitFor(() => trial.beats().length > before);
    assertEquals(trial.beats().at(-1)?.error_rate, 0);
  }
}

/** Tries what a row says of one of its faults. */
export async function tryFault(row: Row, name: FaultName): Promise<void> {
  if (row.place !== "start") return await tryRunning(row, name);
  await tryAtStart(name, 1, row.once);
  await tryAtStart(name, Infinity, row.lasting);
}
