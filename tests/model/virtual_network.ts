/** The way to the platform: requests and answers take time, get lost, come twice as late, or come back as refusals. */
import {
  type Answer,
  NoAnswerError,
  type RequestSpec,
  type Sender,
} from "../../src/platform/request.ts";
import type { Ledger } from "./ledger.ts";
import { type Life, never } from "./life.ts";
import type { Random } from "./random.ts";
import type { Scenario, WeatherKind } from "./scenario.ts";
import type { VirtualClock } from "./virtual_clock.ts";
import type {
  Endpoint,
  VirtualPlatform,
  WireAnswer,
} from "./virtual_platform.ts";

/** What becomes of one request. */
interface Fate {
  /** Whether the platform gets it. */
  readonly arrives: boolean;
  /** What is answered instead of the platform's own answer. */
  readonly instead?: WireAnswer | undefined;
  /** No answer comes: no connection came about, it broke, or nothing is heard any more. */
  readonly silence?: "refused" | "reset" | "silent";
  /** Whether it takes many seconds. */
  readonly slow?: boolean;
}

/** After a request was given up, the platform may still be at it for so long; see `echoAfterMs` in the timing. */
const AFTERMATH_MS = 3_500;

/** A sender whose requests never leave this process. */
export class VirtualNetwork implements Sender {
  /** The process that uses it. */
  life: Life;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #platform: VirtualPlatform;
  readonly #ledger: Ledger;

  /** Between the connector and `platform`. */
  constructor(
    clock: VirtualClock,
    random: Random,
    scenario: Scenario,
    platform: VirtualPlatform,
    ledger: Ledger,
    life: Life,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#scenario = scenario;
    this.#platform = platform;
    this.#ledger = ledger;
    this.life = life;
  }

  renew(): void {}

  [Symbol.dispose](): void {}

  send(spec: RequestSpec): Promise<Answer> {
    const { life } = this;
    if (!life.alive) return never();
    if (spec.signal.aborted) return Promise.reject(spec.signal.reason);
    const endpoint = this.#platform.endpoint(spec);
    const fate = this.#fate(endpoint, spec);
    const tell = this.#ledger.request(endpoint, spec, life);
    const random = this.#random;
    const slowMs = random.between(1_000, 1.5 * spec.timeoutMs);
    const thereMs = fate.slow ? slowMs : random.between(1, 40);
    const backMs = thereMs + (fate.slow ? slowMs : random.between(1, 40));
    // What was given up on this side may still be done on the other side, a little later.
    const doneMs = Math.min(
      thereMs,
      spec.timeoutMs + random.between(0, AFTERMATH_MS),
    );
    const op = `${spec.method} ${spec.path}`;
    return new Promise((resolve, reject) => {
      let open = true;
      const end = (settle: () => void) => {
        if (!open || !life.alive) return;
        open = false;
        spec.signal.removeEventListener("abort", onAbort);
        settle();
      };
      const fail = (sent: boolean, why: string) =>
        end(() => {
          tell(sent ? "unknown" : "not sent", undefined);
          reject(new NoAnswerError(op, why, sent));
        });
      let abortedAt = Infinity;
      const onAbort = () =>
        end(() => {
          abortedAt = this.#clock.now;
          tell("unknown", undefined);
          reject(spec.signal.reason);
        });
      spec.signal.addEventListener("abort", onAbort, { once: true });
      if (fate.silence === "refused") {
        this.#clock.after(thereMs, () => fail(false, "connection refused"));
        return;
      }
      let answer: WireAnswer | undefined;
      // A process that ends takes with it what has not left yet.
      const leaves = random.chance(0.7);
      if (fate.arrives) {
        this.#clock.after(doneMs, () => {
          const gaveUpAt = Math.min(life.endedAt, abortedAt);
          if (gaveUpAt < Infinity && !leaves) return;
          if (this.#clock.now - gaveUpAt > AFTERMATH_MS) return;
          answer = this.#platform.handle(spec);
        });
      }
      const timeout = () => fail(true, "no whole answer in time");
      if (fate.silence !== undefined) {
        const isReset = fate.silence === "reset" && backMs < spec.timeoutMs;
        this.#clock.after(
          isReset ? backMs : spec.timeoutMs,
          isReset ? () => fail(true, "connection reset") : timeout,
        );
        return;
      }
      if (backMs > spec.timeoutMs) {
        this.#clock.after(spec.timeoutMs, timeout);
        return;
      }
      this.#clock.after(backMs, () =>
        end(() => {
          const wire = fate.instead ?? answer;
          if (wire === undefined) throw new Error("an answer without a cause");
          tell(wire.status, wire);
          resolve(this.#answer(op, wire));
        }));
    });
  }

  #answer(op: string, wire: WireAnswer): Answer {
    const { status, body, html, retryAfterSecs } = wire;
    const isText = typeof body === "string";
    return {
      op,
      status,
      type: html ? "text/html" : "application/json",
      text: isText ? body : JSON.stringify(body),
      location: "",
      retryAfterMs: retryAfterSecs === undefined
        ? undefined
        : Math.max(1, retryAfterSecs) * 1_000,
      date: Math.floor(this.#clock.platformMs / 1_000) * 1_000,
      rateLimit: undefined,
      receivedAt: Date.now(),
    };
  }

  #fate(endpoint: Endpoint, spec: RequestSpec): Fate {
    const { now } = this.#clock;
    const { weather, calmAt, troubleRate } = this.#scenario;
    for (const { kind, from, to } of weather) {
      if (now < from || now >= to) continue;
      const fate = this.#inWeather(kind, endpoint, to - now);
      if (fate !== undefined) return fate;
    }
    if (now < calmAt && this.#random.chance(troubleRate)) {
      return this.#trouble(endpoint, spec);
    }
    const isLong = endpoint === "a2a" && this.#platform.isPushed(spec) &&
      this.#random.chance(0.3);
    return { arrives: true, slow: isLong && now < calmAt };
  }

  #inWeather(
    kind: WeatherKind,
    endpoint: Endpoint,
    leftMs: number,
  ): Fate | undefined {
    this.#ledger.count(`requests in weather: ${kind}`);
    const arrives = this.#random.chance(0.5);
    switch (kind) {
      case "refused connections":
        return { arrives: false, silence: "refused" };
      case "black hole":
        return { arrives, silence: "silent" };
      case "cut answers":
        return { arrives: true, silence: "reset" };
      case "errors":
        return this.#error(endpoint);
      case "rate limit":
        return refusal(
          429,
          "rate limit exceeded",
          Math.min(60, Math.ceil(leftMs / 1_000)), // the platform counts by the minute
        );
      case "token table unreadable":
        return ["feed", "notify", "a2a"].includes(endpoint)
          ? refusal(401, "invalid workspace auth token")
          : undefined;
      case "database down":
        if (endpoint === "register") return refusal(500, "registration failed");
        if (endpoint === "heartbeat") return refusal(500, "failed to update");
        if (endpoint === "look-up") return refusal(500, "query failed");
        return refusal(401, "invalid workspace auth token");
      case "peers out of bounds":
        return endpoint === "a2a"
          ? refusal(403, "access denied: not in your hierarchy")
          : undefined;
      case "slow":
        return { arrives: true, slow: true };
    }
  }

  #trouble(endpoint: Endpoint, spec: RequestSpec): Fate {
    const arrives = this.#random.chance(0.5);
    switch (this.#random.whole(0, 6)) {
      case 0:
        return { arrives: false, silence: "refused" };
      case 1:
        return { arrives, silence: "silent" };
      case 2:
        return { arrives: true, silence: "reset" };
      case 3:
        return { arrives: true, slow: true };
      case 4:
        return this.#platform.isPushed(spec)
          ? this.#peersOwn()
          : this.#error(endpoint);
      default:
        return this.#error(endpoint);
    }
  }

  /** What the platform or a proxy before it says instead of an answer, before or after it did what it was asked for. */
  #error(endpoint: Endpoint): Fate {
    const random = this.#random;
    const arrives = random.chance(0.5);
    const page = "<!doctype html><title>An error</title>";
    switch (random.whole(0, 8)) {
      case 0:
        return refusal(500, "query failed");
      case 1:
        return { arrives, instead: { status: 502, body: page, html: true } };
      case 2:
        return { arrives, instead: { status: 504, body: "" } };
      case 3:
        return { arrives, instead: { status: 200, body: page, html: true } };
      case 4:
        return refusal(503, "restarting", random.whole(0, 15));
      case 5:
        return refusal(429, "rate limit exceeded", random.whole(0, 10));
      case 6:
        return refusal(408, "request timeout");
      case 7:
        // A registration or a heartbeat is refused only where the token is.
        return ["feed", "notify", "a2a"].includes(endpoint)
          ? refusal(401, "invalid workspace auth token")
          : refusal(425, "too early");
      default:
        return ["feed", "notify", "a2a"].includes(endpoint)
          ? { arrives: false, instead: { status: 404, body: "" } }
          : refusal(500, "query failed");
    }
  }

  /** A peer that is pushed to chooses its answers itself. */
  #peersOwn(): Fate {
    const random = this.#random;
    switch (random.whole(0, 3)) {
      case 0:
        return refusal(502, "failed to reach workspace agent");
      case 1:
        return refusal(503, "busy", 30);
      case 2:
        return {
          arrives: true,
          instead: { status: 500, body: { error: "the agent broke" } },
        };
      default:
        return {
          arrives: true,
          instead: { status: 502, body: { delivery_confirmed: true } },
        };
    }
  }
}

function refusal(status: number, error: string, retryAfterSecs?: number): Fate {
  return {
    arrives: false,
    instead: {
      status,
      body: { error },
      ...(retryAfterSecs === undefined ? {} : { retryAfterSecs }),
    },
  };
}
