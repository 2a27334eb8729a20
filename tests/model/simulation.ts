/**
 * One simulation: the connector as it is, between a clock, a disk, a network and a back end that are drawn from a seed.
 * Its processes crash and stop; what they promised must hold all the same.
 */
import { connectWith } from "../../src/connect.ts";
import { onCrashPoint } from "../../src/crash_points.ts";
import { ConnectError, reason } from "../../src/errors.ts";
import type { Logger } from "../../src/log.ts";
import { useDisk } from "../../src/os/disk.ts";
import { type StatePaths, statePaths } from "../../src/state/paths.ts";
import { TIMING } from "../../src/timing.ts";
import { readEndState, readOutbox, reconcile } from "./afterwards.ts";
import { Ledger, MAX_ATTEMPTS } from "./ledger.ts";
import { Life, type Process } from "./life.ts";
import { checkLastBeat, checkPromises } from "./promises.ts";
import { Random } from "./random.ts";
import { drawScenario, type Ending, type Scenario } from "./scenario.ts";
import { traceLog } from "./trace_log.ts";
import { SessionWatch } from "./session_watch.ts";
import { VirtualBackend } from "./virtual_backend.ts";
import { replace, VirtualClock } from "./virtual_clock.ts";
import { VirtualDisk } from "./virtual_disk.ts";
import { lockFile, type LockHolder } from "./virtual_lock.ts";
import { VirtualNetwork } from "./virtual_network.ts";
import { VirtualPlatform } from "./virtual_platform.ts";

/** Where the state stands on the virtual disk. */
const STATE_DIR = "/state";
/** After everything has calmed down, so long may it take until everything is answered. */
const PATIENCE_MS = 20 * 60_000;
/** After that, so long it is watched whether anything is done again. */
const LINGER_MS = 12_000;
const HEARTBEAT_MS = 10_000;
/** A service manager starts a process that ended by itself again after this time. */
const RESTART_MS = 3_000;

/** What a simulation came to. */
export interface Outcome {
  readonly seed: number;
  /** Broken promises; none where all is well. */
  readonly violations: readonly string[];
  /** How often what happened. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Runs the simulation of a seed. `trace` is told everything that happens. */
export async function simulate(
  seed: number,
  trace?: (line: string) => void,
): Promise<Outcome> {
  const random = new Random(seed);
  const simulation = new Simulation(random, trace);
  using _ = simulation.clock.install();
  await simulation.run();
  return {
    seed,
    violations: simulation.ledger.violations,
    counts: simulation.ledger.counts,
  };
}

class Simulation {
  readonly clock: VirtualClock;
  readonly ledger: Ledger;
  readonly #sessions: SessionWatch;
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #platform: VirtualPlatform;
  readonly #disk: VirtualDisk;
  readonly #paths: StatePaths;
  readonly #network: VirtualNetwork;
  readonly #lock: LockHolder = { life: undefined };
  readonly #log: Logger | undefined;
  /** How often the endings at a named step still have to meet it. */
  readonly #hitsLeft = new Map<Ending, number>();
  #process: Process | undefined;
  /** A process that died in this moment. */
  #died: { life: Life; powerLost: boolean; downMs: number } | undefined;
  #lives = 0;
  #diskWasFull = false;

  constructor(random: Random, trace?: (line: string) => void) {
    this.clock = new VirtualClock(random.fork());
    this.ledger = new Ledger(this.clock, trace);
    const scenario = this.#scenario = drawScenario(random.fork());
    this.#random = random;
    this.#sessions = new SessionWatch(this.ledger);
    const { clock, ledger } = this;
    clock.skewMs = scenario.skewMs;
    const nobody = new Life(0);
    this.#platform = new VirtualPlatform(
      ...[clock, random.fork(), scenario, ledger],
    );
    this.#paths = statePaths(STATE_DIR, this.#platform.workspaceId);
    this.#disk = new VirtualDisk(clock, random.fork(), nobody, STATE_DIR, {
      slowMs: scenario.diskSlowMs,
    });
    this.#network = new VirtualNetwork(
      ...[clock, random.fork(), scenario, this.#platform, ledger, nobody],
    );
    this.#log = trace === undefined ? undefined : traceLog(ledger);
  }

  async run(): Promise<void> {
    const undo = replace(Deno, {
      open: () => Promise.resolve(lockFile(this.#disk, this.#lock)),
    });
    using _ = useDisk(this.#disk);
    onCrashPoint((point) => this.#reached(point));
    try {
      this.#schedule();
      this.#start();
      await this.#toTheEnd();
    } finally {
      onCrashPoint(() => {});
      undo();
    }
  }

  /** Whatever happens at its time. */
  #schedule(): void {
    const { clock, ledger } = this;
    const scenario = this.#scenario;
    const platform = this.#platform;
    const { messages, noise, endings, prunes, diskFull } = scenario;
    for (const message of messages) {
      clock.after(message.at, () => platform.send(message));
    }
    for (const one of noise) {
      clock.after(
        one.at,
        () => platform.addNoise(one, scenario.conversations),
      );
    }
    for (const at of prunes) clock.after(at, () => this.#prune());
    for (const { kind, from, to } of scenario.weather) {
      clock.after(
        from,
        () => ledger.note(() => `${kind} until ${(to / 1_000).toFixed(1)}`),
      );
    }
    if (diskFull !== undefined) {
      clock.after(diskFull.from, () => this.#fillDisk(true));
      clock.after(diskFull.to, () => this.#fillDisk(false));
    }
    for (const ending of endings) {
      if ("at" in ending.when) {
        clock.after(ending.when.at, () => this.#end(ending));
      } else this.#hitsLeft.set(ending, ending.when.hit);
    }
  }

  #fillDisk(full: boolean): void {
    this.#disk.full = full;
    this.#diskWasFull ||= full;
    this.ledger.note(() => `the disk is ${full ? "full" : "free again"}`);
    if (full) this.ledger.count("full disks");
  }

  /** The platform drops its oldest rows: messages that are finished, and bubbles that nobody looks for any more. */
  #prune(): void {
    const { clock, ledger } = this;
    const isShowing = readOutbox(this.#disk, this.#paths).some(({ steps }) =>
      steps.includes("notify")
    );
    const dropped = this.#platform.feed.prune((row) => {
      const message = ledger.ofRow(row.id);
      return row.visibleAt > clock.now - 6_000 ||
        (row.method === "notify" && isShowing) ||
        (message !== undefined && message.finish === undefined);
    });
    ledger.note(() => `the platform drops ${dropped} rows`);
    if (dropped > 0) ledger.count("rows that the platform dropped", dropped);
  }

  #reached(point: Parameters<Parameters<typeof onCrashPoint>[0]>[0]): void {
    const process = this.#process;
    if (process === undefined || !process.life.alive) return;
    this.ledger.count(`step: ${point}`);
    for (const [ending, left] of this.#hitsLeft) {
      if (!("point" in ending.when) || ending.when.point !== point) continue;
      this.#hitsLeft.set(ending, left - 1);
      if (left > 1 || this.clock.now >= this.#scenario.calmAt) continue;
      this.#hitsLeft.delete(ending);
      this.ledger.count(`crash at: ${point}`);
      this.ledger.note(() => `crash at "${point}"`);
      this.#end(ending);
      return;
    }
  }

  /** The process ends as `ending` says; nothing does where none runs. */
  #end(ending: Ending): void {
    const process = this.#process;
    if (process === undefined || !process.life.alive) return;
    if (ending.is === "crash") {
      this.#die(ending.powerLost, ending.downMs);
      return;
    }
    this.ledger.count("stops");
    this.#stop(ending.graceMs);
  }

  #stop(graceMs: number): void {
    const { stop, connection, life } = this.#process!;
    this.ledger.note(() => `life ${life.number} is stopped`);
    life.isStopping = true;
    // Not awaited: how it ends is told by `closed`.
    if (connection === undefined) stop.abort();
    else void connection.close({ graceMs });
  }

  /** From this moment on nothing of the process has any effect. */
  #die(powerLost: boolean, downMs: number): void {
    const { life } = this.#process!;
    life.end(this.clock.now);
    this.#died = { life, powerLost, downMs };
    this.ledger.count(powerLost ? "crashes with power loss" : "crashes");
    this.ledger.note(() =>
      `life ${life.number} ${powerLost ? "loses its power" : "is killed"}`
    );
  }

  #start(): void {
    const { clock, ledger } = this;
    const { concurrency, pollIntervalMs } = this.#scenario;
    const life = new Life(++this.#lives);
    const stop = new AbortController();
    const process: Process = { life, stop, connection: undefined };
    this.#process = process;
    this.#disk.life = this.#network.life = life;
    this.#diskWasFull = this.#disk.full;
    ledger.note(() => `life ${life.number} begins`);
    const backend = new VirtualBackend({
      ...{ clock, ledger, life, concurrency, random: this.#random.fork() },
      sessions: this.#sessions,
      kill: () => {
        if (life.alive) this.#die(false, 500);
      },
    });
    connectWith(
      {
        apiUrl: "https://platform.example",
        workspaceId: this.#platform.workspaceId,
        token: this.#platform.token,
        stateDir: STATE_DIR,
        backend,
        concurrency,
        pollIntervalMs,
        heartbeatIntervalMs: HEARTBEAT_MS,
        requestTimeoutMs: 10_000,
        maxAttempts: MAX_ATTEMPTS,
        signal: stop.signal,
        log: this.#log,
        onEvent: (event) => {
          if (life.alive) ledger.event(event, life);
        },
      },
      TIMING,
      this.#network,
    ).then(async (connection) => {
      process.connection = connection;
      return await connection.closed;
    }).then(
      (failure) => this.#ended(process, failure),
      (error) => this.#ended(process, error),
    );
  }

  /** A process ended by itself, or because it was stopped. */
  #ended({ life, stop }: Process, failure: unknown): void {
    if (!life.alive) return;
    life.end(this.clock.now);
    const { ledger, clock } = this;
    ledger.note(() =>
      `life ${life.number} ended${
        failure === undefined ? "" : `: ${reason(failure)}`
      }`
    );
    const code = failure instanceof ConnectError ? failure.code : undefined;
    const isFair = failure === undefined || stop.signal.aborted ||
      code === "GAVE_UP" || (code === "STATE" && this.#diskWasFull);
    if (!isFair) ledger.violate(`the connector ended: ${reason(failure)}`);
    if (code !== undefined) ledger.count(`ends with ${code}`);
    clock.forgetTimers();
    this.#lock.life = undefined;
    this.#leaveBehind(life);
    clock.after(RESTART_MS, () => this.#startUnlessDone());
  }

  #startUnlessDone(): void {
    if (!this.#done && !this.#process?.life.alive) this.#start();
  }

  #done = false;

  /** Waits until `is` holds. Ends the simulation where that takes too long or a promise is broken. */
  async #until(is: () => boolean, limitMs: number): Promise<boolean> {
    const { clock, ledger } = this;
    const limit = clock.now + limitMs;
    while (ledger.violations.length === 0) {
      if (this.#died !== undefined) await this.#bury();
      if (is()) return true;
      if (clock.now > limit || !await clock.step()) {
        ledger.violate(`waited in vain: ${this.#whatIsOpen()}`);
      }
    }
    return false;
  }

  /** After a crash: what the disk kept, and when the next process begins. */
  async #bury(): Promise<void> {
    const { life, powerLost, downMs } = this.#died!;
    this.#died = undefined;
    const { clock, ledger } = this;
    // What runs on without any effect comes to its end here, so that nothing of it reaches the next process.
    clock.forgetTimers();
    await clock.settle();
    clock.forgetTimers();
    this.#lock.life = undefined;
    if (powerLost) {
      const { torn, undone } = this.#disk.crash();
      ledger.count("files that a crash tore", torn);
      ledger.count("names that a crash took back", undone);
    }
    this.#leaveBehind(life);
    clock.after(downMs, () => this.#startUnlessDone());
  }

  #leaveBehind(life: Life): void {
    reconcile(this.ledger, this.#disk, this.#paths, life);
  }

  #whatIsOpen(): string {
    const open = this.#open().map(({ message }) => message.name).join(" ");
    const status = JSON.stringify(this.#process?.connection?.status ?? {});
    return `unfinished: ${open || "none"}; ${status}`;
  }

  #open() {
    return [...this.ledger.messages.values()].filter((tracked) => {
      const { finish, rows } = tracked;
      return finish === undefined &&
        !this.#isBeforeFloor(rows[0]!.micros / 1_000);
    });
  }

  #isBeforeFloor(ms: number): boolean {
    return ms < readEndState(this.#disk, this.#paths).floorMs;
  }

  #isQuiet(): boolean {
    const process = this.#process;
    const connection = process?.connection;
    if (
      this.clock.now < this.#scenario.calmAt + 2_000 ||
      !process?.life.alive || connection?.status.state !== "connected"
    ) return false;
    const { status } = connection;
    return status.waiting === 0 && status.activeTurns === 0 &&
      status.unsent === 0 && status.poll.failures === 0 &&
      status.poll.lastGoodAt !== undefined && this.#open().length === 0;
  }

  async #toTheEnd(): Promise<void> {
    const { ledger, clock } = this;
    const patience = this.#scenario.calmAt + PATIENCE_MS +
      this.#scenario.endings.reduce((sum, { downMs }) => sum + downMs, 0);
    if (!await this.#until(() => this.#isQuiet(), patience)) return;
    ledger.forgetBeats();
    const until = clock.now + LINGER_MS;
    const isOver = () => {
      // A row that nobody promised may still turn up: the heartbeat that counts comes after it.
      if (!this.#isQuiet()) ledger.forgetBeats();
      return clock.now >= until && "active_tasks" in ledger.lastBeat;
    };
    if (!await this.#until(isOver, PATIENCE_MS)) return;
    checkLastBeat(ledger);
    if (!await this.#stopForGood(false)) return;
    // Once more, to see that nothing is done again.
    this.#start();
    const again = clock.now + LINGER_MS;
    const isDone = () => clock.now >= again && this.#isQuiet();
    if (!await this.#until(isDone, PATIENCE_MS)) return;
    if (!await this.#stopForGood(true)) return;
    checkPromises(ledger, readEndState(this.#disk, this.#paths));
  }

  async #stopForGood(isLast: boolean): Promise<boolean> {
    const { life } = this.#process!;
    this.#done = true;
    this.#stop(30_000);
    if (!await this.#until(() => !life.alive, PATIENCE_MS)) return false;
    checkLastBeat(this.ledger);
    this.#done = isLast;
    return true;
  }
}
