/** Events as log lines for the operator. What a message says is shown at debug level only. */
import type { ConnectEvent, ConnectionStatus } from "../connection.ts";
import type { LogFields, Logger, LogLevel } from "../log.ts";
import { inWords } from "../duration.ts";
import { shortId } from "../short_id.ts";

/** A log line. */
export interface ReportLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: LogFields;
}

/** Longest piece of a message's text that a line shows, in characters. */
const MAX_SHOWN_TEXT = 200;

function sender(event: { origin: string; callerId: string }): string {
  if (event.origin === "peer") return `peer ${shortId(event.callerId)}`;
  return event.origin === "canvas" ? "a person" : `a ${event.origin}`;
}

/** `text` as one line of bounded length. */
function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const chars = [...line];
  return chars.length > MAX_SHOWN_TEXT
    ? `${chars.slice(0, MAX_SHOWN_TEXT).join("")}…`
    : line;
}

/** What a stop leaves for the next start. */
export type Left = Pick<ConnectionStatus, "waiting" | "unsent">;

function closedMessage({ waiting, unsent }: Left): string {
  const parts = [
    waiting === 1 ? "1 message waits on the platform" : "",
    waiting > 1 ? `${waiting} messages wait on the platform` : "",
    unsent === 1 ? "1 answer is unsent" : "",
    unsent > 1 ? `${unsent} answers are unsent` : "",
  ].filter((part) => part !== "");
  if (parts.length === 0) return "Closed";
  const them = waiting + unsent === 1 ? "it" : "them";
  return `Closed: ${parts.join(" and ")}; the next start goes on with ${them}`;
}

/** The line for an event; undefined for one that has a line already. */
export function reportLine(
  event: ConnectEvent,
  left: Left = { waiting: 0, unsent: 0 },
): ReportLine | undefined {
  switch (event.type) {
    case "registered":
      return {
        level: "info",
        message: `Connected: workspace ${event.workspaceId}` +
          (event.tokenMinted
            ? "; the platform gave a token, which is kept"
            : ""),
      };
    case "heartbeat":
      return {
        level: "debug",
        message: "Heartbeat",
        fields: { tasks: event.activeTasks },
      };
    case "message":
      return {
        level: "info",
        message: `Message from ${sender(event)}`,
        fields: { row: shortId(event.activityId) },
      };
    case "skipped":
      return {
        level: "debug",
        message: "Skipped",
        fields: { row: shortId(event.activityId), reason: event.reason },
      };
    case "turn_started":
      return {
        level: event.attempt > 1 ? "info" : "debug",
        message: event.attempt > 1 ? `Trying again (${event.attempt})` : "Turn",
        fields: { row: shortId(event.activityId) },
      };
    case "turn_failed":
      return {
        level: "warn",
        message: event.pausedMs !== undefined
          ? `The back end pauses for ${
            inWords(Math.ceil(event.pausedMs / 1_000) * 1_000)
          }`
          : event.final
          ? "The back end failed for good"
          : `The back end failed (attempt ${event.attempt})`,
        fields: {
          row: shortId(event.activityId),
          reason: event.reason,
          hint: event.hint,
        },
      };
    case "answered":
      return {
        level: "info",
        message: event.text === ""
          ? `Nothing to say, after ${event.durationMs} ms`
          : `Answered in ${event.durationMs} ms`,
        fields: { row: shortId(event.activityId) },
      };
    case "stopped":
      return {
        level: "info",
        message: event.turns === 0
          ? "Stop was pressed; nothing was under way"
          : `Stop was pressed; it ended ${
            event.turns === 1 ? "1 message" : `${event.turns} messages`
          }`,
        fields: { row: shortId(event.activityId) },
      };
    case "turn_stopped":
      return {
        level: "info",
        message: "Stopped by its sender",
        fields: { row: shortId(event.activityId) },
      };
    case "delivered":
      return event.certain
        ? {
          level: "info",
          message: event.failure
            ? `Told ${sender(event)} that it failed`
            : event.wait
            ? `Told ${sender(event)} that it waits`
            : `Delivered to ${sender(event)}`,
          fields: { row: shortId(event.activityId) },
        }
        : undefined;
    case "retried":
      return {
        level: "info",
        message: "A dead letter is tried again",
        fields: {
          row: shortId(event.activityId),
          letter: shortId(event.letter),
          retry: event.retry,
        },
      };
    case "cursor":
      return {
        level: "debug",
        message: "Cursor",
        fields: { cursor: event.cursor },
      };
    case "closed":
      return {
        level: event.reason === undefined ? "info" : "debug",
        message: closedMessage(left),
        fields: { reason: event.reason },
      };
    // The connection logs these itself, and says more about them than the event does.
    case "heartbeat_stopped":
    case "heartbeat_resumed":
    case "poll_failed":
    case "poll_recovered":
    case "cursor_reset":
    case "state_damaged":
    case "dead_letter":
      return undefined;
  }
}

/** Logs `event`, and the text in it at debug level. `left` matters at the end only. */
export function report(event: ConnectEvent, log: Logger, left?: Left): void {
  const line = reportLine(event, left);
  if (line === undefined) return;
  log[line.level](line.message, line.fields);
  if (event.type === "message" || event.type === "answered") {
    log.debug(event.type === "message" ? "Message text" : "Answer text", {
      row: shortId(event.activityId),
      text: oneLine(event.text),
    });
  }
}
