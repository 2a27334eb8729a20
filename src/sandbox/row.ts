/**
 * A row of a workspace's activity feed, in the platform's own words.
 *
 * @module
 */

/** A row as `GET /workspaces/:id/activity` gives it, without the fields that depend on the request. */
export interface ActivityRow {
  /** The row's id, a UUID. */
  readonly id: string;
  /** Whose feed it stands in. */
  readonly workspace_id: string;
  /** `a2a_receive`, `agent_log` and others. */
  readonly activity_type: string;
  /** The sending workspace, or null for a person. */
  readonly source_id: string | null;
  /** The workspace that it is about. */
  readonly target_id: string | null;
  /** The JSON-RPC method, or a word of the platform's own such as `notify`. */
  readonly method: string | null;
  /** Text for display only. */
  readonly summary: string | null;
  /** The message, as the platform stored it; absent when there is none. */
  readonly request_body?: unknown;
  /** The answer; absent when there is none. */
  readonly response_body?: unknown;
  /** What the agent did; absent when it did not say. */
  readonly tool_trace?: unknown;
  /** How long a push turn took. */
  readonly duration_ms: number | null;
  /** `ok` or `error`; delegation rows have other words. */
  readonly status: string;
  /** Why a push turn failed. */
  readonly error_detail: string | null;
  /** RFC 3339. */
  readonly created_at: string;
  /** Unique, growing, with gaps, and not in the order of commits. */
  readonly seq: number;
}

/** What may be given of a row; the feed fills in the rest. */
export type RowFields =
  & Partial<Omit<ActivityRow, "workspace_id" | "created_at" | "seq">>
  & {
    /** The row's time, RFC 3339. Default: now. An earlier one makes a row that is shown late. */
    readonly created_at?: string;
  };
