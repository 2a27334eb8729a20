/** Messages that are sent to the connector, and by whom. */

/** Who sends a message. */
export type Sender = "poll" | "push" | "refusing" | "person" | "channel";

/** A message that was sent to the connector. */
export interface Sent {
  readonly row: string;
  readonly from: Sender;
  readonly context: string;
  readonly text: string;
}

/** Whether it is another workspace. */
export function isPeer(sender: Sender): boolean {
  return sender !== "person" && sender !== "channel";
}
