/** Who may ask, and how often: the options of `connect()` about it, and what they refuse. */
import type { Origin } from "./backends/backend.ts";
import { UsageError } from "./errors.ts";

/** Every place that a message can come from. */
export const ORIGINS: readonly Origin[] = ["peer", "canvas", "channel"];

/** Larger numbers than this are mistakes. */
export const MAX_PEER_RATE = 10_000;
/** The same for exchanges. */
export const MAX_EXCHANGES = 10_000;

/** @throws {UsageError} if `value` is no list whose members `is` takes; `hint` says what to give. */
function checkList(
  name: string,
  value: unknown,
  is: (member: unknown) => boolean,
  hint: string,
): void {
  const wrong = Array.isArray(value)
    ? value.filter((member) => !is(member))
    : [value];
  if (wrong.length === 0) return;
  throw new UsageError(
    `${name} ${
      Deno.inspect(wrong[0], { compact: true, breakLength: Infinity })
    } is not usable`,
    hint,
  );
}

/** @throws {UsageError} if `peers` is no list of workspace ids. */
export function checkPeers(peers: unknown): void {
  checkList(
    "allowPeers",
    peers,
    (id) => typeof id === "string" && /^[^\s\p{Cc}]{1,200}$/u.test(id),
    "give the ids of workspaces as the platform shows them",
  );
}

/** @throws {UsageError} if `origins` is no list of places that a message can come from. */
export function checkOrigins(origins: unknown): void {
  checkList(
    "allowOrigins",
    origins,
    (origin) => ORIGINS.some((known) => known === origin),
    `give one or more of ${ORIGINS.join(", ")}`,
  );
}
