/** For the tests beside this file: a journal in a directory of its own. */
import { join } from "@std/path";
import type { Part } from "../a2a/part.ts";
import type { StateError } from "../errors.ts";
import { silentLogger } from "../log.ts";
import { statePaths } from "./paths.ts";
import { loadState, type OutboxEntry, type State } from "./state.ts";
import { Journal } from "./journal.ts";

/** The workspace. */
export const W = "w-1";

/** Files, and a way to open a journal on them as a start does. */
export async function setUp() {
  const root = await Deno.makeTempDir();
  const paths = statePaths(join(root, "state"), W);
  const giveUp = new AbortController();
  const cursors: string[] = [];
  const damaged: StateError[] = [];
  const errors: string[] = [];
  const load = () => loadState(paths.dir, W);
  return {
    paths,
    giveUp,
    cursors,
    damaged,
    errors,
    load,
    async open(state?: State) {
      return await Journal.open({
        paths,
        state: state ?? await load(),
        log: { ...silentLogger, error: (message) => errors.push(message) },
        platformNow: () => Date.now(),
        giveUp: giveUp.signal,
        onCursor: (cursor) => cursors.push(cursor),
      }, (error) => damaged.push(error));
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

/** How often the state file is replaced while `run` runs. */
export async function countWrites(
  path: string,
  run: () => Promise<void>,
): Promise<number> {
  const rename = Deno.rename;
  let count = 0;
  Deno.rename = (from, to) => {
    if (to === path) count++;
    return rename(from, to);
  };
  try {
    await run();
  } finally {
    Deno.rename = rename;
  }
  return count;
}

/** An answer to a peer. */
export function entry(id: string): OutboxEntry {
  return {
    id,
    row: `row-${id}`,
    peer: "p",
    origin: "peer",
    lane: "l",
    steps: ["a2a"],
    context: "",
    task: "",
    metadata: {},
    saved: 1,
    tries: 0,
  };
}
/** An answer that stands in the state file. */
export const short: Part[] = [{ kind: "text", text: "hi" }];
/** One that stands in a file of its own. */
export const long: Part[] = [{ kind: "text", text: "ä".repeat(5_000) }];
