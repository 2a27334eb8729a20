/** Events as log lines for the operator. What a message says is shown at debug level only. */
import type { ConnectEvent } from "../connection.ts";
import type { LogFields, Logger, LogLevel } from "../log.ts";

/** A log line. */
export interface ReportLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: LogFields;
}

/** Longest piece of a message's text that a line shows, in characters. */
const MAX_SHOWN_TEXT = 200;

/** Enough of an id to tell it from its neighbours; ids of other forms are shown a little longer. */
function short(id: string): string {
  const uuid = /^[0-9a-f]{8}(?=(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$)/i.exec(id);
  return uuid?.[0] ?? (id.length > 16 ? `${id.slice(0, 15)}…` : id);
}

function sender(event: { origin: string; callerId: string }): string {
  if (event.origin === "peer") return `peer ${short(event.callerId)}`;
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

/** The line for an event. */
export function reportLine(event: ConnectEvent): ReportLine {
  switch (event.type) {
    case "registered":
      return {
        level: "info",
        message: `Connected as workspace ${event.workspaceId}` +
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
    case "heartbeat_stopped":
      return {
        level: "warn",
        message: "Heartbeats stopped; messages still come",
        fields: { reason: event.reason },
      };
    case "heartbeat_resumed":
      return { level: "info", message: "Heartbeats go on" };
    case "poll_failed":
      return {
        level: "warn",
        message: "Cannot read messages; trying again",
        fields: { reason: event.reason },
      };
    case "poll_recovered":
      return { level: "info", message: "Messages can be read again" };
    case "cursor_reset":
      return {
        level: "warn",
        message: "The platform lost our place; reading a bounded window",
      };
    case "state_damaged":
      return {
        level: "error",
        message: "The state file was damaged; starting without it",
        fields: { moved: event.movedTo, reason: event.reason },
      };
    case "message":
      return {
        level: "info",
        message: `Message from ${sender(event)}`,
        fields: { row: short(event.activityId) },
      };
    case "skipped":
      return {
        level: "debug",
        message: "Skipped",
        fields: { row: short(event.activityId), reason: event.reason },
      };
    case "turn_started":
      return {
        level: event.attempt > 1 ? "info" : "debug",
        message: event.attempt > 1 ? `Trying again (${event.attempt})` : "Turn",
        fields: { row: short(event.activityId) },
      };
    case "turn_failed":
      return {
        level: "warn",
        message: event.final
          ? "The back end failed for good"
          : `The back end failed (attempt ${event.attempt})`,
        fields: { row: short(event.activityId), reason: event.reason },
      };
    case "answered":
      return {
        level: "info",
        message: event.text === ""
          ? `Nothing to say, after ${event.durationMs} ms`
          : `Answered in ${event.durationMs} ms`,
        fields: { row: short(event.activityId) },
      };
    case "delivered":
      return {
        level: event.certain ? "info" : "warn",
        message: event.certain
          ? `Delivered to ${sender(event)}`
          : `Sent to ${sender(event)}; nobody knows whether it arrived`,
        fields: { row: short(event.activityId) },
      };
    case "dead_letter":
      return {
        level: "error",
        message: `Given up, from ${sender(event)}`,
        fields: { row: short(event.activityId), reason: event.reason },
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
        message: "Closed",
        fields: { reason: event.reason },
      };
  }
}

/** Logs `event`, and the text in it at debug level. */
export function report(event: ConnectEvent, log: Logger): void {
  const { level, message, fields } = reportLine(event);
  log[level](message, fields);
  if (event.type === "message" || event.type === "answered") {
    log.debug(event.type === "message" ? "Message text" : "Answer text", {
      row: short(event.activityId),
      text: oneLine(event.text),
    });
  }
}
