/** Chance that is the same in every run of a seed. */

/** A source of random numbers. */
export class Random {
  #state: number;

  /** Two with one seed give the same numbers. */
  constructor(seed: number) {
    this.#state = seed | 0;
    for (let i = 0; i < 3; i++) this.next(); // neighbouring seeds begin alike
  }

  /** A number from 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Another source, which draws on its own: what one part asks for does not change what another one gets. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 2 ** 32));
  }

  /** Whether something happens that happens with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A number from `low` up to `high`. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** One of `items`. */
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)]!;
  }

  /** A UUID of version 4. */
  uuid(): `${string}-${string}-${string}-${string}-${string}` {
    const hex = Array.from(
      { length: 8 },
      () => Math.floor(this.next() * 65_536).toString(16).padStart(4, "0"),
    );
    const version = `4${hex[3]!.slice(1)}`;
    const variant = `8${hex[4]!.slice(1)}`;
    return `${hex[0]!}${hex[1]!}-${hex[2]!}-${version}-${variant}-${hex[
      5
    ]!}${hex[6]!}${hex[7]!}`;
  }
}
