/** The fault matrix: what each fault does at each endpoint, and how it ends. `docs/faults.md` is printed from it. */
import type { ErrorCode } from "../../mod.ts";
import { type GroupName, GROUPS } from "./groups.ts";
import { type FaultName, WIRE_FAULTS } from "./wire_faults.ts";

/** Where a fault strikes, while everything else works. */
export const PLACES = {
  start: "Registering, at the start",
  again: "Registering again, while it runs",
  heartbeat: "Heartbeats",
  feed: "Reading the feed",
  a2a: "Answers to a peer",
  notify: "Answers to a person",
  channel: "Answers to an outside channel",
} as const;

/** One of them. */
export type Place = keyof typeof PLACES;

/** How a fault ends. */
export type End =
  /** Everything is answered, once, as soon as the fault is over. */
  | "recovers"
  /** The answer that met the fault stands in the dead letters; everything else is answered. */
  | "dead letter"
  /** The answer that met the fault is told as delivered with an unknown outcome; everything else is answered. */
  | "outcome unknown"
  /** `connect()` rejects with this code. */
  | ErrorCode;

/** Faults that do the same at one place. */
export interface Row {
  readonly place: Place;
  /** Groups by their name, and single faults. */
  readonly faults: readonly (GroupName | FaultName)[];
  /** For operators: what happens while the fault lasts. */
  readonly meanwhile: string;
  /** Where the fault strikes a single request. */
  readonly once: End;
  /** Where it strikes every request until it is over. */
  readonly lasting: End;
  /** Whether it is told as a heartbeat that stopped. */
  readonly stopsBeats?: boolean;
  /** Whether there is nothing to notice: the answer counts as a good one. */
  readonly isGood?: boolean;
}

/** Every fault at every place. */
export const MATRIX: readonly Row[] = [
  {
    place: "start",
    faults: ["401"],
    meanwhile:
      "The other token is tried, where there is one: the one given now, or one that the platform minted earlier",
    once: "TOKEN_REFUSED",
    lasting: "TOKEN_REFUSED",
  },
  {
    place: "start",
    faults: [
      "400",
      "403 with a reason",
      "not found",
      "409",
    ],
    meanwhile: "Nothing is tried again",
    once: "GAVE_UP",
    lasting: "GAVE_UP",
  },
  {
    place: "start",
    faults: ["redirect"],
    meanwhile:
      "Nothing is followed, and nothing is shown to the other host; the error names where it points",
    once: "USAGE",
    lasting: "USAGE",
  },
  {
    place: "start",
    faults: [
      "403, empty",
      "rate limit",
      "busy",
      "broken",
      "no answer",
      "strange JSON",
      "200, a web page",
      "200, 20 MiB that are no answer",
    ],
    meanwhile:
      "Tried again, up to five times in all, after random waits below a bound that doubles from half a second",
    once: "recovers",
    lasting: "GAVE_UP",
  },
  {
    place: "start",
    faults: ["200, an empty body"],
    meanwhile: "Counts as registered",
    once: "recovers",
    lasting: "recovers",
    isGood: true,
  },
  {
    place: "again",
    faults: [
      "400",
      "401",
      "403 with a reason",
      "403, empty",
      "not found",
      "409",
      "redirect",
      "rate limit",
      "busy",
      "broken",
      "no answer",
      "strange JSON",
      "200, a web page",
      "200, 20 MiB that are no answer",
    ],
    meanwhile:
      "Tried again once a minute while the feed is good; messages are answered",
    once: "recovers",
    lasting: "recovers",
  },
  {
    place: "again",
    faults: ["200, an empty body"],
    meanwhile: "Counts as registered",
    once: "recovers",
    lasting: "recovers",
    isGood: true,
  },
  {
    place: "heartbeat",
    faults: ["401", "403 with a reason", "not found"],
    meanwhile:
      "Heartbeats stop, which is told; messages are answered; once a minute the workspace is registered again, and then they go on",
    once: "recovers",
    lasting: "recovers",
    stopsBeats: true,
  },
  {
    place: "heartbeat",
    faults: [
      "400",
      "403, empty",
      "409",
      "redirect",
      "rate limit",
      "busy",
      "broken",
      "no answer",
      "strange JSON",
      "200, a web page",
      "200, 20 MiB that are no answer",
    ],
    meanwhile: "Tried again after a wait; messages are answered",
    once: "recovers",
    lasting: "recovers",
  },
  {
    place: "heartbeat",
    faults: ["200, an empty body"],
    meanwhile: "Counts as taken",
    once: "recovers",
    lasting: "recovers",
    isGood: true,
  },
  {
    place: "feed",
    faults: ["401", "403 with a reason"],
    meanwhile:
      "Read on; heartbeats say so; after a minute the workspace is looked up and then registered again: only where that is refused, too, the connection ends (see [A refused token](#a-refused-token))",
    once: "recovers",
    lasting: "recovers",
  },
  {
    place: "feed",
    faults: [
      "400",
      "403, empty",
      "not found",
      "409",
      "redirect",
      "rate limit",
      "busy",
      "broken",
      "no answer",
      "strange JSON",
      "200, a web page",
      "200, an empty body",
      "200, 20 MiB that are no answer",
    ],
    meanwhile: "Read on, after a wait; heartbeats say that it fails",
    once: "recovers",
    lasting: "recovers",
  },
  {
    place: "a2a",
    faults: [
      "401",
      "403, empty",
      "not found",
    ],
    meanwhile:
      "Tried five times over two minutes, counted only while the feed is good",
    once: "recovers",
    lasting: "dead letter",
  },
  {
    place: "a2a",
    faults: ["400", "403 with a reason", "409", "redirect"],
    meanwhile: "Not tried again",
    once: "dead letter",
    lasting: "dead letter",
  },
  {
    place: "a2a",
    faults: ["rate limit", "busy"],
    meanwhile:
      "Tried again, not before the time that was asked for; the peer polls, so the answer is the platform's own",
    once: "recovers",
    lasting: "recovers",
  },
  {
    place: "a2a",
    faults: ["broken", "no answer", "200, a web page"],
    meanwhile:
      "It may have arrived; the peer polls, so it is sent again under the same id, which adds nothing where it did",
    once: "recovers",
    lasting: "recovers",
  },
  {
    place: "a2a",
    faults: [
      "strange JSON",
      "200, an empty body",
      "200, 20 MiB that are no answer",
    ],
    meanwhile: "Counts as delivered: the body is the peer's own",
    once: "recovers",
    lasting: "recovers",
    isGood: true,
  },
  {
    place: "notify",
    faults: ["401", "not found"],
    meanwhile:
      "Tried five times over two minutes, counted only while the feed is good",
    once: "recovers",
    lasting: "dead letter",
  },
  {
    place: "notify",
    faults: ["400", "403 with a reason", "409"],
    meanwhile: "Not tried again",
    once: "dead letter",
    lasting: "dead letter",
  },
  {
    place: "notify",
    faults: [
      "403, empty",
      "rate limit",
    ],
    meanwhile: "Tried again, not before the time that was asked for",
    once: "recovers",
    lasting: "recovers",
  },
  {
    place: "notify",
    faults: [
      "busy",
      "redirect",
      "broken",
      "no answer",
      "strange JSON",
      "200, a web page",
    ],
    meanwhile:
      "It may be shown already; its echo (the row of the feed that shows it) is looked for, and only where there is none it is sent again",
    once: "recovers",
    lasting: "recovers",
  },
  {
    place: "notify",
    faults: ["200, an empty body", "200, 20 MiB that are no answer"],
    meanwhile: "Counts as shown",
    once: "recovers",
    lasting: "recovers",
    isGood: true,
  },
  {
    place: "channel",
    faults: ["401", "not found"],
    meanwhile:
      "Tried five times over two minutes, counted only while the feed is good",
    once: "recovers",
    lasting: "dead letter",
  },
  {
    place: "channel",
    faults: ["400", "403 with a reason", "409"],
    meanwhile: "Not tried again",
    once: "dead letter",
    lasting: "dead letter",
  },
  {
    place: "channel",
    faults: ["403, empty", "rate limit", "busy", "redirect"],
    meanwhile: "Tried again, not before the time that was asked for",
    once: "recovers",
    lasting: "recovers",
  },
  {
    place: "channel",
    faults: ["broken", "no answer", "strange JSON", "200, a web page"],
    meanwhile:
      "It may have arrived, and nothing there could be looked for, so it is not sent again",
    once: "outcome unknown",
    lasting: "outcome unknown",
  },
  {
    place: "channel",
    faults: ["200, an empty body", "200, 20 MiB that are no answer"],
    meanwhile: "Counts as sent",
    once: "recovers",
    lasting: "recovers",
    isGood: true,
  },
];

/** Every fault's name. */
export const FAULT_NAMES = Object.keys(WIRE_FAULTS) as FaultName[];

/** The faults of `row`, one by one. */
export function faultsOf({ faults }: Row): FaultName[] {
  return faults.flatMap((name): readonly FaultName[] =>
    isGroup(name) ? GROUPS[name].members : [name]
  );
}

/** Whether `name` is one of a group. */
export function isGroup(name: GroupName | FaultName): name is GroupName {
  return Object.hasOwn(GROUPS, name);
}
