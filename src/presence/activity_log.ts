/** What people read beside the chat while they wait: nice to have, so it takes nothing from what counts. */
import { reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { Activity } from "../platform/wire.ts";

/** So many may be under way: where the platform is slow, a late line tells nothing any more. */
const MAX_UNDER_WAY = 4;
/** Nor does one that took so long. */
const LINE_LIFE_MS = 10_000;

/** What an activity log needs. */
export interface ActivityLogOptions {
  readonly client: Pick<PlatformClient, "logActivity">;
  /** Whether the platform has room for requests that could be left out. */
  readonly hasRoom: () => boolean;
  readonly log: Logger;
  /** Ends what is under way; nothing is posted after it. */
  readonly stop: AbortSignal;
}

/** Posts lines, and forgets them. */
export class ActivityLog {
  readonly #options: ActivityLogOptions;
  readonly #underWay = new Set<Promise<void>>();

  /** Posts nothing yet. */
  constructor(options: ActivityLogOptions) {
    this.#options = options;
  }

  /** Posts a line where there is room for it. Whatever becomes of it changes nothing. */
  post(activity: Activity): void {
    const { stop, hasRoom } = this.#options;
    if (stop.aborted || !hasRoom()) return;
    if (this.#underWay.size >= MAX_UNDER_WAY) return;
    const posting = this.#post(activity).finally(() =>
      this.#underWay.delete(posting)
    );
    this.#underWay.add(posting);
  }

  async #post(activity: Activity): Promise<void> {
    const { client, log, stop } = this.#options;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), LINE_LIFE_MS);
    try {
      await client.logActivity(
        activity,
        AbortSignal.any([stop, late.signal]),
      );
    } catch (error) {
      log.debug("A line of progress could not be shown", {
        error: reason(error),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when nothing is under way. */
  async ended(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}
