/** The cursor and the bases against a random feed: late rows, any order of finishing, cut reads, restarts, lost cursors. */
import { assert, assertEquals } from "@std/assert";
import { Bases, isWindow, type Window } from "./bases.ts";
import type { Place } from "../platform/row.ts";
import { TIMING } from "../timing.ts";
import { Cursor, type CursorStart } from "../state/cursor.ts";

/** The platform's clock, in ms since 1970. */
const NOW = 1_000_000;

const timing = {
  ...TIMING,
  nearAgeMs: 50,
  nearEveryMs: 10,
  farAgeMs: 300,
  farEveryMs: 60,
};
/** How far before the settled row's time a window begins. */
const SLACK_MS = 100;
const STEPS = 1_500;

/** Numbers from 0 to 1 that are the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Row extends Place {
  readonly micros: number;
  readonly visibleAt: number;
}

interface Wish {
  /** How long after its time a row may become visible. */
  readonly latestMs: number;
  /** Whether the process crashes now and then, and the platform loses the cursor. */
  readonly crashes: boolean;
}

/** A feed, and a connector that reads it. */
class Model {
  now = 1_000;
  readonly rows: Row[] = [];
  readonly turns = new Map<string, number>();
  crashes = 0;
  wentBack = 0;
  cursor!: Cursor;
  bases!: Bases;
  #handled = new Set<string>();
  #running = new Set<string>();
  #saved: CursorStart & { handled: ReadonlySet<string> } = {
    settled: null,
    settledAtMs: undefined,
    last: "",
    handled: new Set(),
  };
  readonly #chance: () => number;
  readonly #wish: Wish;

  constructor(seed: number, wish: Wish) {
    this.#chance = random(seed);
    this.#wish = wish;
    this.#start();
  }

  #start(): void {
    this.cursor = new Cursor(this.#saved);
    this.#handled = new Set(this.#saved.handled);
    this.#running.clear();
    this.bases = new Bases(this.cursor.settled ?? this.#window(), timing);
  }

  #window(): Window {
    return { startMs: (this.cursor.settledAtMs ?? SLACK_MS) - SLACK_MS };
  }

  #save(): void {
    const { settled, settledAtMs, last } = this.cursor;
    this.#saved = {
      settled,
      settledAtMs,
      last,
      handled: new Set(this.#handled),
    };
  }

  #indexOf(id: string): number {
    return Number(id.slice(1));
  }

  /** A new row: several can share a time, and it can become visible after later ones. */
  send(): void {
    const latest = this.#chance() < 0.3 ? this.#wish.latestMs : 0;
    this.rows.push({
      id: `r${this.rows.length}`,
      micros: Math.floor(this.now) * 1_000,
      visibleAt: this.now + this.#chance() * latest,
    });
  }

  read(): void {
    const from = this.bases.next(this.now);
    const first = isWindow(from)
      ? this.rows.findIndex((row) => row.micros / 1_000 >= from.startMs)
      : this.#indexOf(from.id) + 1;
    const visible = first === -1
      ? []
      : this.rows.slice(first).filter((row) => row.visibleAt <= this.now);
    const cutAt = this.#chance() < 0.1
      ? Math.floor(this.#chance() * visible.length)
      : Infinity;
    const shown = visible.slice(0, cutAt);
    const trace = this.cursor.beginRead(
      isWindow(from)
        ? { row: null, settledAtMs: from.startMs + SLACK_MS }
        : { row: from, settledAtMs: Math.floor(from.micros! / 1_000) },
    );
    for (const row of shown) {
      const done = this.#handled.has(row.id);
      const isNew = !done && !this.#running.has(row.id);
      if (this.cursor.show(trace, row, isNew, done)) {
        this.wentBack++;
        this.#save();
      }
      if (!isNew) continue;
      this.#running.add(row.id);
      this.turns.set(row.id, (this.turns.get(row.id) ?? 0) + 1);
      this.check();
    }
    this.bases.ended({
      from,
      complete: shown.length === visible.length,
      dateMs: this.now,
      shown,
      newest: (is) => this.cursor.newest(is),
    });
    this.cursor.settle(this.bases.near, NOW);
  }

  finishOne(): void {
    const running = [...this.#running];
    const id = running[Math.floor(this.#chance() * running.length)];
    if (id === undefined) return;
    this.#running.delete(id);
    this.#handled.add(id);
    this.cursor.finish(id);
    this.cursor.settle(this.bases.near, NOW);
  }

  step(): void {
    this.now += this.#chance() * 8;
    const dice = this.#chance();
    if (dice < 0.3) this.send();
    else if (dice < 0.65) this.read();
    else if (dice < 0.9) this.finishOne();
    else if (dice < 0.98) this.#save();
    else if (!this.#wish.crashes) this.#save();
    else if (dice < 0.99) {
      this.crashes++;
      this.#start();
    } else {
      this.cursor.lose();
      this.bases.reset(this.#window());
      this.#save();
    }
    this.check();
  }

  /** No unfinished row that was seen stands at or before the settled row, now or after a crash. */
  check(): void {
    for (const { settled, settledAtMs, last } of [this.cursor, this.#saved]) {
      const at = settled === null ? -1 : this.#indexOf(settled.id);
      const lastAt = last === "" ? -1 : this.#indexOf(last);
      assert(
        lastAt >= at,
        `the cursor r${lastAt} is before the settled r${at}`,
      );
      for (const id of this.#running) {
        const index = this.#indexOf(id);
        assert(index > at, `${id} is unfinished, and r${at} is settled`);
        assert(
          settled !== null ||
            this.rows[index]!.micros / 1_000 >= (settledAtMs ?? 0) - SLACK_MS,
          `${id} is unfinished, and no window reaches it`,
        );
      }
    }
    const lastAt = this.cursor.last === ""
      ? -1
      : this.#indexOf(this.cursor.last);
    for (const id of this.#running) {
      assert(
        this.#indexOf(id) > lastAt,
        `${id} is unfinished, the cursor is r${lastAt}`,
      );
    }
  }

  /** Lets everything come to its end. */
  runOut(): void {
    for (let left = 3_000; left > 0 && this.unfinished.length > 0; left--) {
      this.now += 10;
      this.read();
      this.finishOne();
    }
  }

  get unfinished(): string[] {
    return this.rows.map((row) => row.id).filter((id) =>
      !this.#handled.has(id)
    );
  }
}

function run(seed: number, wish: Wish): Model {
  const model = new Model(seed, wish);
  try {
    for (let i = 0; i < STEPS; i++) model.step();
    model.runOut();
  } catch (error) {
    throw new Error(`with seed ${seed}`, { cause: error });
  }
  return model;
}

Deno.test("no row is passed unfinished, none is lost, and none is worked on twice, however late rows come", () => {
  let wentBack = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const model = run(seed, { latestMs: 250, crashes: false });
    assertEquals(model.unfinished, [], `with seed ${seed}`);
    assertEquals(Math.max(...model.turns.values()), 1, `with seed ${seed}`);
    assertEquals(model.cursor.last, model.rows.at(-1)!.id, `with seed ${seed}`);
    wentBack += model.wentBack;
  }
  assert(wentBack > 0, "late rows before the settled one were among them");
});

Deno.test("crashes and lost cursors lose no row either", () => {
  let crashes = 0;
  for (let seed = 101; seed <= 140; seed++) {
    const model = run(seed, { latestMs: 45, crashes: true });
    assertEquals(model.unfinished, [], `with seed ${seed}`);
    assertEquals(model.cursor.last, model.rows.at(-1)!.id, `with seed ${seed}`);
    crashes += model.crashes;
  }
  assert(crashes > 0);
});
