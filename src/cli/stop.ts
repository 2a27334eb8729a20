/** The three stop signals: drain, cut short, exit now. */
import type { Connection } from "../connection.ts";
import type { Logger } from "../log.ts";
import { killAllChildren } from "../os/child_group.ts";
import { EXIT } from "./exit_codes.ts";
import type { CliIo } from "./io.ts";

/** Why the connection's signal aborts. */
export class StopRequested extends Error {
  override readonly name = "StopRequested";
}

/** Milliseconds as people write them. */
function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/** Turns stop signals into an orderly stop; listens until it is disposed. */
export class StopSequence implements Disposable {
  readonly #stop = new AbortController();
  readonly #io: Pick<CliIo, "onStopSignal" | "exit">;
  readonly #log: Logger;
  readonly #graceMs: number;
  readonly #release: () => void;
  #received = 0;
  #connection: Connection | undefined;

  constructor(
    io: Pick<CliIo, "onStopSignal" | "exit">,
    log: Logger,
    graceMs: number,
  ) {
    this.#io = io;
    this.#log = log;
    this.#graceMs = graceMs;
    this.#release = io.onStopSignal((signal) => this.#onSignal(signal));
  }

  /** Aborts at the first stop signal; hand it to `connect()`. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** The connection that the second signal cuts short; undefined while it is being made. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  set connection(connection: Connection | undefined) {
    this.#connection = connection;
    // Both signals came while the connection was being made.
    if (this.#received > 1) this.#cutShort();
  }

  /** Stops as the first signal does. */
  request(why: string): void {
    this.#stop.abort(new StopRequested(why));
  }

  [Symbol.dispose](): void {
    this.#release();
  }

  #cutShort(): void {
    // It resolves with `closed`, which the command waits for.
    void this.#connection?.close({ graceMs: 0 });
  }

  /** Promises no time to turns that do not run. */
  #grace(turns: number): string {
    if (turns === 0) return "";
    const [who, get, them] = turns === 1
      ? ["1 running turn", "gets", "it"]
      : [`${turns} running turns`, "get", "them"];
    return `; ${who} ${get} ${seconds(this.#graceMs)}. ` +
      `Once more cuts ${them} short`;
  }

  #onSignal(signal: string): void {
    this.#received++;
    const turns = this.#connection?.status.activeTurns ?? 0;
    if (this.#received === 1) {
      this.#log.info(`${signal}: stopping${this.#grace(turns)}`);
      this.request(signal);
    } else if (this.#received === 2) {
      const cut = turns === 0 ? "hurrying up" : "cutting running turns short";
      this.#log.warn(`${signal}: ${cut}. Once more exits at once`);
      this.#cutShort();
    } else {
      this.#log.warn(`${signal}: exiting at once`);
      killAllChildren();
      this.#io.exit(EXIT.forced);
    }
  }
}
