/** What goes over the wire to the platform and back, but for messages and rows. */
import type { ActivityRow } from "./row.ts";

/** What register and update-card say about this workspace. */
export interface AgentCard {
  /** The agent's name. */
  readonly name: string;
  /** What it does. */
  readonly description: string;
  /** Its version. */
  readonly version: string;
  /** Whatever else is to be shown: any JSON. */
  readonly [member: string]: unknown;
}

/** A heartbeat; integers where the platform wants integers. */
export interface Heartbeat {
  /** 0 to 1. */
  readonly error_rate: number;
  /** Readable without authentication: no secrets. */
  readonly sample_error: string;
  /** Turns that run or wait. */
  readonly active_tasks: number;
  /** Shown to people: never a message's text. */
  readonly current_task: string;
  /** Seconds since the connection began. */
  readonly uptime_seconds: number;
}

/** What a workspace logs of its own doing. People see it while they wait. */
export interface Activity {
  /** What it is: lines of progress, a sign of life, a message that was picked up. */
  readonly activity_type: "task_update" | "agent_log" | "a2a_receive";
  /** The JSON-RPC method that it is about. */
  readonly method?: string;
  /** One line, shown to people: never a message's text. */
  readonly summary: string;
  /** How it went. */
  readonly status?: "ok" | "error";
  /** How long it took, in milliseconds: an integer. */
  readonly duration_ms?: number;
}

/** A file that was uploaded, as a bubble points to it. */
export interface UploadedFile {
  /** Where the platform keeps it, for a day. */
  readonly uri: string;
  /** Its name, as the platform made it plain. */
  readonly name: string;
  /** Its MIME type. */
  readonly mimeType?: string;
  /** Its size in bytes. */
  readonly size?: number;
}

/** Which rows of the feed to ask for. */
export interface ActivityQuery {
  /** Rows after this one, oldest first. */
  readonly sinceId?: string;
  /** Rows of the last seconds, newest first. */
  readonly sinceSecs?: number;
  /** Rows strictly older than this, in microseconds. */
  readonly beforeMicros?: number;
  /** Only what people and the platform cause. */
  readonly canvasOnly?: boolean;
  /** At most this many rows. */
  readonly limit: number;
}

/** A page of the feed. */
export interface ActivityPage {
  /** Its rows in the platform's order. */
  readonly rows: readonly ActivityRow[];
  /** Elements that are no rows. */
  readonly unreadable: number;
  /** Length of the whole page, about its bytes. */
  readonly bytes: number;
  /** The platform's clock at the answer, in ms since 1970. */
  readonly date: number;
}

/** What `GET /workspaces/:id` says. Anything but the platform's own JSON is no answer. */
export type LookUp =
  | {
    readonly found: "yes";
    readonly workspace: Readonly<Record<string, unknown>>;
  }
  | { readonly found: "unknown" | "removed" }
  | { readonly found: "not answered"; readonly status: number };
