/** Tells each sender whose message waits for a back end that pauses, once for each message, also across restarts. */
import { cleanParts } from "../a2a/clean_text.ts";
import { reached } from "../crash_points.ts";
import { hasWayBack } from "./channel.ts";
import type { Delivery } from "./delivery.ts";
import { saveAnswer, type SaveAnswerOptions } from "./save_answer.ts";
import type { Saving } from "./saving.ts";
import { waitText } from "./wait_text.ts";
import type { Weather } from "./weather.ts";

/** What notices need. */
export interface WaitNoticesOptions extends SaveAnswerOptions {
  readonly weather: Weather;
  readonly saving: Saving;
  /** There is something new in the outbox. */
  readonly replySaved: () => void;
}

/** Tells who waits. */
export class WaitNotices {
  readonly #options: WaitNoticesOptions;

  /** Nobody is told yet. */
  constructor(options: WaitNoticesOptions) {
    this.#options = options;
  }

  /** These messages wait: their senders are told, unless they were before, or it is but for a blink. */
  tell(waiting: Iterable<Delivery>): void {
    const { weather, journal, saving, replySaved } = this.#options;
    if (!weather.isLong) return;
    let isNew = false;
    for (const delivery of waiting) {
      const { id, message, retry } = delivery;
      // Of a try that an operator asked for the sender knows nothing.
      const isTold = journal.told.has(id) || retry !== undefined;
      if (isTold || !hasWayBack(message)) continue;
      const text = waitText(message.origin, weather.untilMs);
      const parts = cleanParts([{ kind: "text", text }]);
      saveAnswer(this.#options, delivery, "wait", parts, {});
      journal.told.set(id, Date.now());
      isNew = true;
    }
    if (!isNew) return;
    reached("wait in outbox");
    saving.commitThen(() => {
      reached("wait saved");
      replySaved();
    });
  }
}
