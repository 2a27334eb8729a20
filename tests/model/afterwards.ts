/** What a process left on the disk, and what follows from it for the messages that it had in hand. */
import type { StatePaths } from "../../src/state/paths.ts";
import type { OutboxEntry, State } from "../../src/state/state.ts";
import type { DeadLetter } from "../../src/delivery/dead_letter.ts";
import type { Ledger, Tracked } from "./ledger.ts";
import type { Life } from "./life.ts";
import type { EndState } from "./promises.ts";
import type { VirtualDisk } from "./virtual_disk.ts";

/** What a file holds; of one that is torn nothing: the connector itself says that it is damaged. */
function read<T>(text: string | undefined): Partial<T> {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
}

function readState(disk: VirtualDisk, paths: StatePaths): Partial<State> {
  return read(disk.text(paths.state));
}

function handledRows(disk: VirtualDisk, paths: StatePaths): Set<string> {
  const { handled = [], handled_files: [first, end] = [0, 0] } = readState(
    disk,
    paths,
  );
  const rows = new Set(handled.map(([id]) => id));
  for (let number = first; number < end; number++) {
    const text = disk.text(`${paths.handled}/${number}.json`);
    const segment = read<{ rows: [string][] }>(text);
    for (const [id] of segment.rows ?? []) rows.add(id);
  }
  return rows;
}

function letters(
  disk: VirtualDisk,
  paths: StatePaths,
): Partial<DeadLetter>[] {
  return [...disk.texts(paths.dead)].flatMap(([path, text]) =>
    path.endsWith(".json") ? [read<DeadLetter>(text)] : []
  );
}

/** The answers that wait, as far as the disk knows. */
export function readOutbox(
  disk: VirtualDisk,
  paths: StatePaths,
): readonly OutboxEntry[] {
  return readState(disk, paths).outbox ?? [];
}

/** Reads what is there at the end. */
export function readEndState(disk: VirtualDisk, paths: StatePaths): EndState {
  const { outbox = [], attempts = {}, told = {}, floor = -Infinity } =
    readState(disk, paths);
  const rows = (kind: DeadLetter["kind"]) =>
    new Set(
      letters(disk, paths).filter((one) => one.kind === kind)
        .map(({ row }) => row ?? ""),
    );
  return {
    givenUp: rows("message"),
    repliesGivenUp: rows("reply"),
    outbox: outbox.length,
    attempts: Object.keys(attempts).length,
    told: Object.keys(told).length,
    floorMs: floor,
  };
}

/**
 * A process ended. A message that its state says is finished is finished, also where it came no more to tell; a turn
 * whose outcome is not saved was hit.
 */
export function reconcile(
  ledger: Ledger,
  disk: VirtualDisk,
  paths: StatePaths,
  life: Life,
): void {
  const { attempts = {} } = readState(disk, paths);
  const handled = handledRows(disk, paths);
  const givenUp = new Set(
    letters(disk, paths).filter(({ kind }) => kind === "message")
      .map(({ row }) => row ?? ""),
  );
  const waiting = new Set(readOutbox(disk, paths).map(({ row }) => row));
  for (const { row, unsure } of readOutbox(disk, paths)) {
    const tracked = ledger.ofRow(row);
    // Marked, and perhaps sent: to a peer that is pushed to the next process will not send it again.
    if (unsure !== undefined && tracked !== undefined) tracked.perhaps = true;
  }
  for (const tracked of ledger.messages.values()) {
    const { taken = "", rows, runs, finish } = tracked;
    if (finish !== undefined) continue;
    const last = runs.at(-1);
    // Of a message that came twice, one row is done as soon as the other one waits.
    const isHandled = taken === ""
      ? rows.some(({ id }) => handled.has(id))
      : handled.has(taken);
    const isAnswered = rows.some(({ id }) => waiting.has(id));
    if (
      isHandled && !isAnswered && !givenUp.has(taken) &&
      ledger.stops.mayEnd(tracked)
    ) {
      ledger.stops.stopped(tracked);
      continue;
    }
    if (handled.has(taken) && last !== undefined) {
      ledger.finished(
        tracked,
        givenUp.has(taken) && last.state !== "answered"
          ? { is: "given up", text: undefined }
          : { is: "answer", text: last.text },
      );
      continue;
    }
    if (
      last?.life === life &&
      (last.state === "running" || last.state === "answered")
    ) {
      last.state = "hit";
      tracked.hits++;
      ledger.count("crashes that hit a turn");
    } else if (countedOnDisk(tracked, attempts) > attemptsSeen(tracked)) {
      tracked.hits++;
    }
  }
}

function countedOnDisk(
  { rows }: Tracked,
  attempts: NonNullable<State["attempts"]>,
): number {
  return Math.max(0, ...rows.map(({ id }) => attempts[id]?.n ?? 0));
}

/** Attempts that ended badly, as far as is known. */
function attemptsSeen({ runs, hits }: Tracked): number {
  return hits + runs.filter(({ state }) => state === "failed").length;
}
