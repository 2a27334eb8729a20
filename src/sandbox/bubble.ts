/**
 * Which rows of a feed are bubbles of the chat.
 *
 * @module
 */
import {
  asObject,
  asString,
  type Bubble,
  filesOf,
  messageOf,
  textOf,
} from "./message.ts";
import type { ActivityRow } from "./row.ts";

/** The bubble of a row; undefined where the chat does not show it. */
export function bubbleOf(row: ActivityRow): Bubble | undefined {
  if (row.activity_type !== "a2a_receive" || row.source_id !== null) {
    return undefined;
  }
  if (row.method === "notify") {
    const shown = asObject(row.response_body) ?? {};
    return {
      role: "agent",
      text: asString(shown.result),
      attachments: filesOf(shown.parts),
    };
  }
  const message = messageOf(asObject(row.request_body) ?? {});
  return message === undefined ? undefined : {
    role: "user",
    text: textOf(message),
    attachments: filesOf(message.parts),
  };
}
