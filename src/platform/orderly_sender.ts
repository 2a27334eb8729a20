/** Requests that wait where they have to: while the platform does not answer, and before it has to say "too many". */
import type { Gate } from "./gate.ts";
import { Pace } from "./pace.ts";
import type { Answer, RequestSpec, Sender } from "./request.ts";

/** A sender that keeps to a gate and a pace. */
export class OrderlySender implements Sender {
  readonly #inner: Sender;
  readonly #gate: Gate;
  readonly #pace = new Pace();

  /** Sends through `inner`. */
  constructor(inner: Sender, gate: Gate) {
    this.#inner = inner;
    this.#gate = gate;
  }

  /** Whether a request that could be left out may be made: it would not wait, and take nothing from those that count. */
  get hasRoom(): boolean {
    return !this.#gate.isClosed && !this.#pace.isTight;
  }

  async send(spec: RequestSpec): Promise<Answer> {
    return await this.#gate.through(spec, async () => {
      await this.#pace.turn(spec);
      if (spec.beforeSend !== undefined) {
        await spec.beforeSend();
        await this.#pace.rest(spec.signal); // it may take a while, and another answer may come meanwhile
      }
      const { urlNow } = spec;
      const answer = await this.#inner.send(
        urlNow === undefined ? spec : { ...spec, url: urlNow() },
      );
      if (!spec.isAnothers) this.#pace.note(answer);
      return answer;
    });
  }

  /** From now on nothing waits: at a stop everything left gets its one try. */
  hurry(): void {
    this.#gate.stop();
    this.#pace.stop();
  }

  renew(): void {
    this.#inner.renew();
    this.#gate.reset();
  }

  [Symbol.dispose](): void {
    this.#inner[Symbol.dispose]();
  }
}
