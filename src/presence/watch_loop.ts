/** Notices that the workspace was removed: heartbeats of a removed workspace are answered as if it were there. */
import { delay } from "@std/async/delay";
import { workspaceGone } from "../errors.ts";
import type { PlatformClient } from "../platform/client.ts";
import { NoAnswerError } from "../platform/request.ts";

/**
 * Looks the workspace up every `everyMs` until `signal` aborts.
 *
 * @throws {ConnectError} `WORKSPACE_GONE` if the platform says that it is not there.
 */
export async function watchLoop(
  client: PlatformClient,
  workspaceId: string,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
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
