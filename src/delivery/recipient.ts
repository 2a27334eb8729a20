/** Who gets an answer, as a key: a peer by its id, an outside channel, the person by an empty text. */
import type { OutboxEntry } from "../state/state.ts";

/** The key. An answer goes to one of them. */
export function recipientOf(
  { peer, channel }: Pick<OutboxEntry, "peer" | "channel">,
): string {
  return channel === undefined ? peer : `channel ${channel}`;
}
