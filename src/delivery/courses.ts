/** How the answers in the outbox have fared since this process began. */
import { Backoff } from "../retry.ts";
import type { Timing } from "../timing.ts";

/** How one answer has fared. */
export interface Course {
  /** Its waits between tries. */
  readonly backoff: Backoff;
  /** Tries of which only a few are made. */
  few: number;
  /** When it was first looked at, by `performance.now()`: a machine that was off has not tried in vain. */
  readonly since: number;
  /** Not before this time, by `performance.now()`: the other side asked for it. */
  notBefore: number;
}

/** The courses of all answers, by their ids. */
export class Courses {
  readonly #timing: Pick<Timing, "backoffBaseMs" | "backoffCapMs">;
  #courses = new Map<string, Course>();

  /** None yet. */
  constructor(timing: Pick<Timing, "backoffBaseMs" | "backoffCapMs">) {
    this.#timing = timing;
  }

  /** The course of an answer; one that was not looked at before begins now. */
  of({ id }: { readonly id: string }): Course {
    let course = this.#courses.get(id);
    if (course === undefined) {
      const { backoffBaseMs, backoffCapMs } = this.#timing;
      course = {
        backoff: new Backoff(backoffBaseMs, backoffCapMs),
        few: 0,
        since: performance.now(),
        notBefore: 0,
      };
      this.#courses.set(id, course);
    }
    return course;
  }

  /** The answer is over, or begins anew. */
  forget({ id }: { readonly id: string }): void {
    this.#courses.delete(id);
  }
}
