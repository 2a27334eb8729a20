/** Notices that the workspace was removed: heartbeats of a removed workspace are answered as if it were there. */
import { delay } from "@std/async/delay";
import { workspaceGone } from "../errors.ts";
import type { PlatformClient } from "../platform/client.ts";
import { NoAnswerError } from "../platform/request.ts";
import type { Pulse } from "../pulse.ts";

/** What the loop needs. */
export interface WatchLoopOptions {
  readonly client: PlatformClient;
  readonly workspaceId: string;
  /** How often the workspace is looked up, in milliseconds. */
  readonly everyMs: number;
  /** Shows that the loop goes on. */
  readonly pulse: Pulse;
}

/**
 * Looks the workspace up now and then until `signal` aborts.
 *
 * @throws {ConnectError} `WORKSPACE_GONE` if the platform says that it is not there.
 */
export async function watchLoop(
  { client, workspaceId, everyMs, pulse }: WatchLoopOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      pulse.beat(everyMs);
      await delay(everyMs, { signal });
      const { found } = await client.lookUp(workspaceId, signal);
      if (found === "unknown" || found === "removed") {
        throw workspaceGone(workspaceId, found);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof NoAnswerError)) throw error;
    }
  }
}
