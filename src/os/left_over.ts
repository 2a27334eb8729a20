/**
 * Processes that outlived whoever started them: how they are recognised. One that is not certain is not among them.
 *
 * @module
 */
import { isLinux } from "./platform.ts";
import {
  factsFromProc,
  isOutOfReach,
  isPid,
  type ProcessFacts,
  processFacts,
} from "./process_facts.ts";

/** A process to be ended. */
export interface LeftOver {
  /** Its pid. */
  readonly pid: number;
  /** The group to be ended with it; undefined where that could be somebody else's, or our own. */
  readonly group: number | undefined;
  /** On whose behalf it was started. */
  readonly owner: string;
}

/** A process as it was when it was known for certain. */
export interface KnownProcess {
  /** Its pid. */
  readonly pid: number;
  /** When it started, as `processFacts()` told it. */
  readonly started: string;
  /** On whose behalf it was started. */
  readonly owner: string;
}

/** Which of `known` still run: a pid that another process has by now is none of them. */
export async function stillRunning(
  known: Iterable<KnownProcess>,
): Promise<LeftOver[]> {
  const found: LeftOver[] = [];
  for (const { pid, started, owner } of known) {
    const facts = await processFacts(pid);
    if (facts?.started !== started || pid === Deno.pid) continue;
    const ours = await processFacts(Deno.pid);
    const leads = facts.group === pid && ours?.group !== pid;
    found.push({ pid, owner, group: leads ? pid : undefined });
  }
  return found;
}

/**
 * A group is ended with one of its members where that one leads it, or where its leader has ended: then no stranger can
 * have begun it. Never our own, which may be the same where a script starts one connector after the other.
 */
function groupToEnd(pid: number, { group }: ProcessFacts): number | undefined {
  if (group === factsFromProc(Deno.pid)?.group || !isPid(group)) {
    return undefined;
  }
  return group === pid || factsFromProc(group) === undefined
    ? group
    : undefined;
}

function environment(pid: string): readonly string[] {
  try {
    // Each byte is a character: what a value holds besides ASCII does not matter here.
    return new TextDecoder("latin1").decode(
      Deno.readFileSync(`/proc/${pid}/environ`),
    ).split("\0");
  } catch (error) {
    if (isOutOfReach(error)) return [];
    throw error;
  }
}

/**
 * Every process whose environment has an entry of `owners` (`NAME=value` → on whose behalf), ourselves excepted. It
 * travels to children of children, whatever group or session they moved to. Elsewhere than on Linux nobody can tell, and
 * there is none.
 *
 * @throws {Deno.errors.NotCapable} unless Deno may do everything: it lets nobody else read `/proc`.
 */
export function carrying(owners: ReadonlyMap<string, string>): LeftOver[] {
  if (!isLinux || owners.size === 0) return [];
  const found: LeftOver[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    const pid = Number(name);
    if (!isPid(pid) || pid === Deno.pid) continue;
    const entry = environment(name).find((entry) => owners.has(entry));
    if (entry === undefined) continue;
    const facts = factsFromProc(pid);
    if (facts === undefined) continue;
    const owner = owners.get(entry)!;
    found.push({ pid, owner, group: groupToEnd(pid, facts) });
  }
  return found;
}
