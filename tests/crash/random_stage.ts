/** A stream of messages, and a connector that is killed again and again at places which a seed decides. */
import { faults } from "../../src/testing/mod.ts";
import { LONG, POISON } from "./script.ts";
import type { Sender, Sent } from "./sent.ts";
import { Stage } from "./stage.ts";

/** How often each run is killed. */
export const KILLS_PER_RUN = 10;

/** Steps from a start that a kill may stand at; a few messages take more. */
const MAX_STEP = 110;
/** Longest life of those that are killed by the clock, in milliseconds. */
const MAX_MS = 400;

/** Random numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The conversations. */
const CONVERSATIONS: readonly (readonly [Sender, string])[] = [
  ["poll", "poll 1"],
  ["poll", "poll 2"],
  ["push", "push"],
  ["person", "person 1"],
  ["person", "person 2"],
  ["channel", "channel"],
];

/** One run. */
export class RandomStage {
  readonly #stage: Stage;
  readonly #random: () => number;
  #count = 0;

  private constructor(stage: Stage, random: () => number) {
    this.#stage = stage;
    this.#random = random;
  }

  /** Plays the run of `seed`, and keeps the accounts. */
  static async play(seed: number, concurrency: number): Promise<void> {
    const next = random(seed);
    // Some runs give a message up after three kills.
    const maxAttempts = seed % 3 === 0 ? 3 : 1_000;
    await using stage = await Stage.set({
      concurrency,
      maxAttempts,
      turnMs: 6,
    });
    await new RandomStage(stage, next).#play();
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  async #play(): Promise<void> {
    const stage = this.#stage;
    const { sandbox } = stage;
    for (const endpoint of ["notify", "a2a", "channel"] as const) {
      let posts = 0;
      const every = 2 + this.#below(3);
      sandbox.fault(endpoint, faults.cut(), {
        times: Infinity,
        when: () => ++posts % every === 0,
      });
    }
    while (stage.cutRows.length < KILLS_PER_RUN) {
      await this.#batch();
      if (this.#below(6) > 0) {
        await stage.live({ nth: 1 + this.#below(MAX_STEP) });
      } else await this.#killByTheClock(this.#random() * MAX_MS);
    }
    await stage.live(undefined);
    stage.verify();
    await stage.idle();
    stage.verify();
  }

  async #killByTheClock(ms: number): Promise<void> {
    const life = this.#stage.begin(undefined);
    const timer = setTimeout(() => life.kill(), ms);
    await this.#stage.until(() => this.#stage.isDone, life);
    clearTimeout(timer);
    await this.#stage.end(life, undefined);
  }

  #text(): string {
    const kinds = [LONG, "word", "word", "word"];
    const isPoisoned = this.#stage.job.maxAttempts < 10 &&
      this.#below(12) === 0;
    const kind = isPoisoned ? POISON : kinds[this.#below(kinds.length)]!;
    return `${kind} ${this.#count++}`;
  }

  async #send(at: number, behind?: Sent): Promise<Sent> {
    const [from, context] = CONVERSATIONS[at % CONVERSATIONS.length]!;
    return await this.#stage.send(from, this.#text(), {
      context,
      ...(behind === undefined ? {} : { behind }),
    });
  }

  /** A few messages before the next life; one while it reads, which shows up behind an older one of others. */
  async #batch(): Promise<void> {
    const first = this.#below(CONVERSATIONS.length);
    const older = await this.#send(first);
    const newer = await this.#send(first + 1);
    const texts = this.#below(3);
    for (let i = 0; i < texts; i++) await this.#send(first + 2);
    const isLate = this.#below(2) === 0;
    this.#stage.when(
      (told) => told.type === "message" && told.text === newer.text,
      () => this.#send(first + 3, isLate ? older : undefined),
    );
  }
}
