/** Faults that are alike, under a short name: the matrix and the documents name them by it. */
import type { FaultName } from "./wire_faults.ts";

/** Faults that are alike. */
export interface Group {
  /** For operators. */
  readonly what: string;
  readonly members: readonly FaultName[];
}

/** Every group. A fault that is treated in a way of its own somewhere is in none. */
export const GROUPS = {
  "no answer": {
    what: "no whole answer came; whether the request was taken, nobody can see",
    members: [
      "no headers within the time limit",
      "no headers within the time limit, but it was done",
      "a body that drips",
      "200, the body breaks off",
      "200, the body breaks off, nothing was done",
      "connection reset",
      "connection half-open",
    ],
  },
  "rate limit": {
    what: "too many requests",
    members: [
      "429",
      "429, Retry-After in seconds",
      "429, Retry-After as a date",
      "429, Retry-After: 0",
    ],
  },
  "busy": {
    what: "not now",
    members: ["408", "425", "503", "503 with Retry-After"],
  },
  "broken": {
    what: "the platform, or a proxy before it, failed",
    members: ["500", "502, a web page", "504, empty"],
  },
  "strange JSON": {
    what: "JSON that is not the platform's, or not all of it",
    members: ["200, JSON of another shape", "200, half of the JSON"],
  },
  "not found": {
    what: "nothing is there, says the platform or a proxy before it",
    members: ["404, empty", "404, a web page"],
  },
  "redirect": {
    what: "the answer points elsewhere; nothing is followed",
    members: ["301 to another host", "307 to another host"],
  },
} as const satisfies Record<string, Group>;

/** The name of a group. */
export type GroupName = keyof typeof GROUPS;
