/** The lists of `docs/faults.md`, made from what the trials run. */
import { type Group, GROUPS } from "./groups.ts";
import { isGroup, MATRIX, PLACES, type Row } from "./matrix.ts";
import { OUTAGES } from "./outages.ts";
import { DISK_FAULTS } from "./disk_faults.ts";
import { PUSH_PEERS, type PushPeer } from "./push_peers.ts";
import { exitCodeOf } from "../../src/cli/exit_codes.ts";
import { ConnectError } from "../../mod.ts";
import type { End } from "./matrix.ts";

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

/** One line of a list: what goes wrong, what happens meanwhile, and how it ends. */
function told(fault: string, meanwhile: string, end: string): string {
  return `${fault}: ${small(meanwhile)}. _${capital(end)}._`;
}

function small(text: string): string {
  return text[0]!.toLowerCase() + text.slice(1);
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

function named(name: Row["faults"][number]): string {
  return isGroup(name) ? `**${name}**` : `\`${name}\``;
}

function inWords(end: End): string {
  if (end === "recovers") return "recovers by itself";
  if (end === "dead letter") return "the answer is a dead letter";
  if (end === "outcome unknown") {
    return "logged as delivered with an unknown outcome";
  }
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
function peerLines(): string[] {
  const groups = Map.groupBy(
    PUSH_PEERS,
    (peer) => `${peer.calls} ${peer.end}`,
  );
  return [...groups.values()].map((peers) =>
    told(
      peers.map((peer) => peer.name).join("; "),
      peers[0]!.calls === 1
        ? "sent to it once"
        : `sent to it ${peers[0]!.calls} times at most`,
      PEER_ENDS[peers[0]!.end],
    )
  );
}

/** Faults of a disk that come to the same. */
function diskLines(): string[] {
  const groups = Map.groupBy(
    DISK_FAULTS,
    ({ atStart, running }) => `${atStart} ${running}`,
  );
  return [...groups.values()].map((faults) =>
    told(
      faults.map(({ name }) => name).join("; "),
      `at the start it ${faults[0]!.atStart}`,
      `while it runs: ${faults[0]!.running}`,
    )
  );
}

/** The matrix as one table. */
function table(): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(["Fault", "Endpoint", "What happens", "How it ends"]),
    line(["---", "---", "---", "---"]),
    ...MATRIX.map((row) =>
      line([
        row.faults.map(named).join("; "),
        PLACES[row.place],
        row.meanwhile,
        howItEnds(row),
      ])
    ),
  ].join("\n");
}

/** Everything that stands between the marks in `docs/faults.md`. */
export function faultsLists(): string {
  const groups = Object.entries(GROUPS).map(([name, group]: [string, Group]) =>
    `**${name}** (${group.what}): ` +
    group.members.map((member) => `\`${member}\``).join("; ")
  );
  const places = (Object.keys(PLACES) as (keyof typeof PLACES)[]).map((place) =>
    `### ${PLACES[place]}\n\n` + list(
      MATRIX.filter((row) => row.place === place).map((row) =>
        told(row.faults.map(named).join("; "), row.meanwhile, howItEnds(row))
      ),
    )
  );
  return [
    "### Groups of faults\n\n" + list(groups),
    ...places,
    "### The whole platform\n\n" + list(
      OUTAGES.map(({ name, meanwhile, end }) =>
        `**${name}.** ${meanwhile}. _${capital(end)}._`
      ),
    ),
    "### A peer that is pushed to\n\n" + list(peerLines()),
    "### The disk\n\n" + list(diskLines()),
    "### Faults and endpoints in one table\n\n" + table(),
  ].join("\n\n");
}
