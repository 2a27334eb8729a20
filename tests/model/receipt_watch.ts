/** What people are told of their messages: that they were picked up, once, and while a current task is told. */
import type { ConnectEvent } from "../../src/connection.ts";
import type { Activity, Heartbeat } from "../../src/platform/wire.ts";
import type { RequestSpec } from "../../src/platform/request.ts";
import type { Ledger } from "./ledger.ts";
import type { Life } from "./life.ts";
import type { Endpoint } from "./virtual_platform.ts";

interface Seen {
  /** The current task of the newest beat that was sent, and whether it was taken. */
  task: string;
  taken: boolean;
  /** Messages of people that were picked up, and receipts. */
  pickedUp: number;
  receipts: number;
}

/** Watches the beats and receipts of one simulation. */
export class ReceiptWatch {
  readonly #ledger: Ledger;
  readonly #seen = new WeakMap<Life, Seen>();

  /** `ledger` is told what is wrong. */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  #of(life: Life): Seen {
    const none = { task: "", taken: false, pickedUp: 0, receipts: 0 };
    const seen = this.#seen.get(life) ?? none;
    this.#seen.set(life, seen);
    return seen;
  }

  /** Takes what tells that a message of a person was picked up; one that a Stop ended on arrival is told by its end. */
  event(event: ConnectEvent, life: Life): void {
    if (event.type !== "message" && event.type !== "turn_stopped") return;
    if (event.origin === "canvas") this.#of(life).pickedUp++;
  }

  /** A request is sent; what it returns is to be told whether it was taken. */
  request(
    endpoint: Endpoint,
    spec: RequestSpec,
    life: Life,
  ): (taken: boolean) => void {
    const seen = this.#of(life);
    if (endpoint === "heartbeat") {
      seen.task = (spec.body as Heartbeat).current_task;
      seen.taken = false;
      return (taken) => seen.taken = taken;
    }
    const isReceipt = endpoint === "log" &&
      (spec.body as Activity).activity_type === "a2a_receive";
    if (isReceipt) this.#receipt(seen);
    return () => {};
  }

  #receipt(seen: Seen): void {
    seen.receipts++;
    this.#ledger.count("receipts");
    if (!seen.taken || seen.task === "") {
      this.#ledger.violate("a receipt came before a beat with a current task");
    }
    if (seen.receipts > seen.pickedUp) {
      this.#ledger.violate("there are more receipts than messages of people");
    }
  }
}
