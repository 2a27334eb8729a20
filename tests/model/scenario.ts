/** What happens in one simulation, drawn from its seed. */
import { CRASH_POINTS, type CrashPoint } from "../../src/crash_points.ts";
import type { Random } from "./random.ts";
import {
  type Conversation,
  drawConversations,
  type Message,
  type Noise,
  type TurnPlan,
} from "./world.ts";

/** How the process ends, before the next one begins. */
export type Ending =
  & {
    /** How long nothing runs afterwards, in ms. */
    readonly downMs: number;
  }
  & (
    | {
      readonly is: "crash";
      /** Exactly there, the so-many-th time; or at a moment by the simulation's clock, in ms. */
      readonly when: { readonly point: CrashPoint; readonly hit: number } | {
        readonly at: number;
      };
      /** Whether what was not synced may be gone: the machine went down, not the process alone. */
      readonly powerLost: boolean;
    }
    | {
      readonly is: "stop";
      readonly when: { readonly at: number };
      readonly graceMs: number;
    }
  );

/** What the platform or the way to it does for a while. */
export type WeatherKind =
  | "refused connections"
  | "black hole"
  | "cut answers"
  | "errors"
  | "rate limit"
  | "token table unreadable"
  | "database down"
  | "peers out of bounds"
  | "slow";

/** Trouble with every request, for a while. */
export interface Weather {
  readonly kind: WeatherKind;
  readonly from: number;
  readonly to: number;
}

/** A scenario. Times are by the simulation's clock, in ms. */
export interface Scenario {
  readonly conversations: readonly Conversation[];
  readonly messages: readonly Message[];
  readonly noise: readonly Noise[];
  readonly endings: readonly Ending[];
  readonly weather: readonly Weather[];
  /** Share of the requests that go wrong by themselves, until `calmAt`. */
  readonly troubleRate: number;
  /** When the platform drops old rows, and with them the cursor. */
  readonly prunes: readonly number[];
  /** Share of the reads by a cursor that are told it is lost although its row is there. */
  readonly lostCursorRate: number;
  readonly diskFull: { readonly from: number; readonly to: number } | undefined;
  readonly diskSlowMs: number;
  /** Whether the platform answers look-ups of workspaces; a minimal one does not. */
  readonly lookUps: boolean;
  /** Whether the platform mints a token at the first registration. */
  readonly mints: boolean;
  readonly concurrency: number;
  readonly pollIntervalMs: number;
  /** How far our own clock is off. */
  readonly skewMs: number;
  /** From here on nothing goes wrong any more. */
  readonly calmAt: number;
}

/** Time in which things happen. */
const SPAN_MS = 40_000;
/** Most late rows are that late at most, */
const LATE_MS = 4_500;
/** and some are that late; a later one can be missed where the cursor is lost meanwhile. */
const VERY_LATE_MS = 55_000;

function drawPlan(random: Random): TurnPlan {
  const draw = random.next();
  const trouble: TurnPlan["trouble"] = draw < 0.78
    ? []
    : draw < 0.88
    ? ["retry"]
    : draw < 0.92
    ? ["retry", "retry", "retry"]
    : draw < 0.94
    ? ["killer", "killer", "killer"]
    : draw < 0.96
    ? ["killer"]
    : draw < 0.975
    ? ["weather"]
    : draw < 0.985
    ? ["storm"]
    : ["final"];
  const answer = random.next();
  return {
    ms: random.chance(0.1)
      ? random.between(3_000, 20_000)
      : random.between(1, 1_500),
    trouble,
    answer: answer < 0.7
      ? "short"
      : answer < 0.83
      ? "same"
      : answer < 0.95
      ? "long"
      : "nothing",
  };
}

function drawEnding(random: Random): Ending {
  const downMs = random.chance(0.15)
    ? random.between(60_000, 2_000_000)
    : random.between(50, 4_000);
  const at = random.between(0, SPAN_MS);
  if (random.chance(0.2)) {
    const graceMs = random.chance(0.5) ? random.between(0, 500) : 30_000;
    return { is: "stop", when: { at }, graceMs, downMs };
  }
  const point = random.pick(CRASH_POINTS);
  return {
    is: "crash",
    when: random.chance(0.7) ? { point, hit: random.whole(1, 6) } : { at },
    powerLost: random.chance(0.6),
    downMs,
  };
}

const WEATHER: readonly WeatherKind[] = [
  "refused connections",
  "black hole",
  "cut answers",
  "errors",
  "rate limit",
  "token table unreadable",
  "database down",
  "peers out of bounds",
  "slow",
];

function drawWeather(random: Random): Weather {
  const from = random.between(0, SPAN_MS);
  const kind = random.pick(WEATHER);
  // An answer that a peer's side refuses is given up after two minutes.
  const longest = random.chance(0.1) || kind === "peers out of bounds"
    ? 200_000
    : 12_000;
  return { kind, from, to: from + random.between(500, longest) };
}

const times = <T>(count: number, draw: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => draw(i));

/** Draws a scenario. */
export function drawScenario(random: Random): Scenario {
  const lookUps = random.chance(0.9);
  const conversations = drawConversations(random, lookUps);
  const lateShare = random.pick([0, 0.3, 0.6]);
  const latest = random.chance(0.15) ? VERY_LATE_MS : LATE_MS;
  const lateMs = () => random.chance(lateShare) ? random.between(0, latest) : 0;
  const burst = random.chance(0.4) ? 2_000 : SPAN_MS * 0.7;
  const began = random.between(0, 10_000);
  const messages = times(random.whole(6, 12), (i): Message => ({
    name: `m${i}`,
    conversation: random.pick(conversations),
    messageId: random.uuid(),
    at: began + random.between(0, burst),
    lateMs: lateMs(),
    twice: random.chance(0.05),
    plan: drawPlan(random),
  }));
  const weather = times(
    random.pick([0, 0, 1, 1, 2, 3]),
    () => drawWeather(random),
  );
  const bulk = random.chance(0.03) ? 300 : random.whole(0, 4);
  const endings = times(random.whole(1, 4), () => drawEnding(random));
  // Steps that few simulations come to are crashed at in those that may.
  const rare: CrashPoint | undefined = bulk > 4
    ? "segment written"
    : weather.some(({ kind }) => kind === "peers out of bounds")
    ? "answer buried"
    : undefined;
  if (rare !== undefined && random.chance(0.5)) {
    endings.push({
      is: "crash",
      when: { point: rare, hit: 1 },
      powerLost: random.chance(0.5),
      downMs: 1_000,
    });
  }
  const diskFrom = random.between(0, SPAN_MS);
  const diskFull = random.chance(0.1)
    ? { from: diskFrom, to: diskFrom + random.between(100, 15_000) }
    : undefined;
  if (diskFull !== undefined && random.chance(0.5)) {
    const at = random.between(diskFull.from, diskFull.to);
    endings.push({ is: "stop", when: { at }, graceMs: 500, downMs: 1_000 });
  }
  const calmAt = Math.max(
    SPAN_MS,
    ...messages.map(({ at, lateMs }) => at + lateMs),
    ...weather.map(({ to }) => to),
    diskFull?.to ?? 0,
  );
  const probe: Message = {
    name: "probe",
    conversation: random.pick(conversations),
    messageId: random.uuid(),
    at: calmAt + 1,
    lateMs: 0,
    twice: false,
    plan: { ms: 10, trouble: [], answer: "short" },
  };
  const noiseKinds = ["notice", "peer reply", "other method", "own echo"];
  return {
    conversations,
    messages: [...messages, probe],
    noise: [
      ...times(bulk, () => ({
        at: random.between(0, bulk > 4 ? 10_000 : SPAN_MS),
        kind: random.pick(noiseKinds) as Noise["kind"],
        lateMs: lateMs(),
      })),
      ...times(random.pick([0, 0, 0, 1, 2]), () => ({
        at: began + random.between(0, burst + 5_000),
        kind: "stop" as const,
        lateMs: lateMs(),
      })),
    ],
    endings,
    weather,
    troubleRate: random.pick([0, 0, 0.03, 0.15]),
    prunes: times(random.pick([0, 0, 1, 2]), () => random.between(0, calmAt)),
    lostCursorRate: random.pick([0, 0, 0.02]),
    diskFull,
    diskSlowMs: random.pick([0.2, 0.5, 5]),
    lookUps,
    mints: random.chance(0.2),
    concurrency: random.pick([1, 1, 2, 3]),
    pollIntervalMs: random.pick([1_000, 2_000, 5_000]),
    skewMs: random.pick([0, 0, -90_000, 3_600_000]),
    calmAt,
  };
}
