/** The tables of `docs/faults.md`, made from what the trials run. */
import { MATRIX, PLACES, type Row } from "./matrix.ts";
import { OUTAGES } from "./outages.ts";
import { DISK_FAULTS } from "./disk_faults.ts";
import { PUSH_PEERS, type PushPeer } from "./push_peers.ts";
import { exitCodeOf } from "../../src/cli/exit_codes.ts";
import { ConnectError } from "../../mod.ts";
import type { End } from "./matrix.ts";

function line(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function table(head: readonly string[], rows: readonly string[][]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => line(...cells))
    .join("\n");
}

function inWords(end: End): string {
  if (end === "recovers") return "recovers by itself";
  if (end === "dead letter") return "the answer is a dead letter";
  return `ends with exit code ${exitCodeOf(new ConnectError(end, ""))}`;
}

function howItEnds({ once, lasting, isGood }: Row): string {
  if (isGood) return "nothing to recover from";
  return once === lasting
    ? inWords(lasting)
    : `${inWords(once)}; where it lasts, ${inWords(lasting)}`;
}

const PEER_ENDS: Readonly<Record<PushPeer["end"], string>> = {
  delivered: "delivered",
  dead_letter: "the answer is a dead letter",
  unknown: "logged as delivered with an unknown outcome, never repeated",
};

/** Answers of push peers that come to the same. */
function peerRows(): string[][] {
  const groups = Map.groupBy(
    PUSH_PEERS,
    (peer) => `${peer.calls} ${peer.end}`,
  );
  return [...groups.values()].map((peers) => [
    peers.map((peer) => peer.name).join("; "),
    peers[0]!.calls === 1 ? "once" : `${peers[0]!.calls} times at most`,
    PEER_ENDS[peers[0]!.end],
  ]);
}

/** Everything that stands between the marks in `docs/faults.md`. */
export function faultsTables(): string {
  const places = (Object.keys(PLACES) as (keyof typeof PLACES)[]).map((place) =>
    `### ${PLACES[place]}\n\n` + table(
      ["Fault", "Meanwhile", "How it ends"],
      MATRIX.filter((row) => row.place === place).map((row) => [
        row.faults.join("; "),
        row.meanwhile,
        howItEnds(row),
      ]),
    )
  );
  return [
    ...places,
    "### The whole platform\n\n" + table(
      ["Fault", "Meanwhile", "How it ends"],
      OUTAGES.map(({ name, meanwhile, end }) => [name, meanwhile, end]),
    ),
    "### A peer that is pushed to\n\n" + table(
      ["It answers", "Sent to it", "How it ends"],
      peerRows(),
    ),
    "### The disk\n\n" + table(
      ["Fault", "At the start", "While it runs"],
      DISK_FAULTS.map(({ name, atStart, running }) => [name, atStart, running]),
    ),
  ].join("\n\n");
}
