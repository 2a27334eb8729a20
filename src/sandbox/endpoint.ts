/**
 * The names of the sandbox's endpoints, for faults and for looking at requests.
 *
 * @module
 */

/** An endpoint of the platform. `log` is `POST …/activity`, `page` the chat page with
 * what only that asks for, `other` a path that does not exist. */
export type Endpoint =
  | "register"
  | "heartbeat"
  | "update-card"
  | "peers"
  | "check-access"
  | "create"
  | "workspace"
  | "remove"
  | "state"
  | "lifecycle"
  | "abilities"
  | "budget"
  | "connection"
  | "rotate"
  | "tokens"
  | "activity"
  | "log"
  | "ack"
  | "a2a"
  | "inbound"
  | "queue"
  | "delegate"
  | "delegations"
  | "notify"
  | "channel"
  | "history"
  | "uploads"
  | "download"
  | "download-ack"
  | "limits"
  | "stream"
  | "page"
  | "health"
  | "other";
