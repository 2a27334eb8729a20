/** What a workspace's files hold while no connector, or a foreign one, works with them; read as an engineer would. */
import { join } from "@std/path";
import { unseal } from "../../src/state/checksum.ts";
import { type StatePaths, statePaths } from "../../src/state/paths.ts";
import type { HandledRow, State } from "../../src/state/state.ts";

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function names(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].map((entry) => entry.name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The files of one workspace. */
export class Kept {
  /** Where they are. */
  readonly paths: StatePaths;

  /** `dir` is the state directory. */
  constructor(dir: string, workspaceId: string) {
    this.paths = statePaths(dir, workspaceId);
  }

  /** What a test wrote into the state file to damage it. */
  damage: string | undefined;

  /** The state; undefined where there is none yet. Throws where it is damaged: no kill may do that. */
  get state(): State | undefined {
    const text = readIfThere(this.paths.state);
    if (text === undefined || text === this.damage) return undefined;
    const state = unseal(text);
    if (state === undefined) throw new Error("the state file is damaged");
    return state as unknown as State;
  }

  /** The rows that the state, with the segments that it names, calls done. */
  get handled(): Set<string> {
    const { state } = this;
    const rows: HandledRow[] = [...state?.handled ?? []];
    const [first, end] = state?.handled_files ?? [0, 0];
    for (let number = first; number < end; number++) {
      const text = readIfThere(join(this.paths.handled, `${number}.json`));
      rows.push(...unseal(text ?? "")?.rows as HandledRow[] ?? []);
    }
    return new Set(rows.map(([id]) => id));
  }

  /** The rows of messages, or of answers, that were given up. */
  deadLetters(kind: "message" | "reply"): string[] {
    return names(this.paths.dead).flatMap((name) => {
      const text = readIfThere(join(this.paths.dead, name)) ?? "";
      const letter = JSON.parse(text);
      return letter.kind === kind ? [letter.row as string] : [];
    });
  }

  /** The files of dead letters that are to be tried again. */
  get retries(): string[] {
    return names(this.paths.retry);
  }

  /** Files that a connector which has nothing to do should not have left: halves of writes, answers, retries. */
  get leftovers(): string[] {
    const { dir, handled, replies, dead, sessions } = this.paths;
    const [first, end] = this.state?.handled_files ?? [0, 0];
    const isNamed = (name: string) => {
      const number = Number(/^(\d+)\.json$/.exec(name)?.[1] ?? NaN);
      return number >= first && number < end;
    };
    return [
      ...names(dir).filter((name) => name.endsWith(".tmp")),
      ...names(handled).filter((name) => !isNamed(name)),
      ...names(replies),
      ...this.retries,
      ...names(dead).filter((name) => !name.endsWith(".json")),
      ...names(sessions).filter((name) => !name.endsWith(".json")),
    ];
  }
}
