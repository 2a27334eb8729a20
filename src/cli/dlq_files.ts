/** Finds and reads the files of dead letters for `molecule dlq`. */
import { join } from "@std/path";
import { type LetterRead, readLetter } from "../delivery/dead_letter.ts";
import { letterFiles } from "../delivery/dead_letters.ts";
import { UsageError } from "../errors.ts";
import { factsIfThere, readIfThere } from "../os/files.ts";
import type { StatePaths } from "../state/paths.ts";
import { quoted } from "./values.ts";

/** Shortest id that is shown, in characters. */
const SHORT_ID = 8;

/** The file of a letter. */
export interface LetterFile {
  readonly id: string;
  readonly path: string;
  /** When it was written, in ms since 1970. */
  readonly at: number;
  /** Whether it waits to be tried again. */
  readonly waits: boolean;
}

/** The files of all letters, also of those that wait to be tried again, in the order in which they were given up. */
export async function findLetters(
  { dead, retry }: Pick<StatePaths, "dead" | "retry">,
): Promise<LetterFile[]> {
  const files: LetterFile[] = [];
  for (const dir of [dead, retry]) {
    for (const name of await letterFiles(dir)) {
      const path = join(dir, name);
      const facts = await factsIfThere(path);
      if (facts === undefined) continue; // dropped meanwhile
      const id = name.replace(/\.json$/, "");
      const at = facts.changedAtMs ?? 0;
      files.push({ id, path, at, waits: dir === retry });
    }
  }
  return files.sort((a, b) => a.at - b.at);
}

/** Reads a letter; undefined where somebody dropped it meanwhile. */
export async function readLetterFile(
  { path }: LetterFile,
  workspaceId: string,
): Promise<LetterRead | undefined> {
  try {
    const text = await readIfThere(path);
    return text === undefined ? undefined : readLetter(text, workspaceId);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { damage: "it is no UTF-8" };
  }
}

/** So many characters of each id tell it from all others. */
export function shortLength(files: readonly LetterFile[]): number {
  const ids = files.map(({ id }) => id).sort();
  let length = SHORT_ID;
  for (const [i, id] of ids.entries()) {
    const next = ids[i + 1] ?? "";
    let same = 0;
    while (same < id.length && id[same] === next[same]) same++;
    length = Math.max(length, same + 1);
  }
  return length;
}

/**
 * The letters that `beginnings` begin, each once.
 *
 * @throws {UsageError} if one begins none, or more than one.
 */
export function pickLetters(
  files: readonly LetterFile[],
  beginnings: readonly string[],
  workspaceId: string,
): LetterFile[] {
  const picked = new Set<LetterFile>();
  for (const beginning of beginnings) {
    const found = files.filter(({ id }) => id.startsWith(beginning));
    const [file, another] = found.filter(({ id }) => id === beginning).concat(
      found,
    );
    if (file === undefined) {
      throw new UsageError(
        `no dead letter of workspace ${quoted(workspaceId)} begins with ${
          quoted(beginning)
        }`,
        `molecule dlq list ${workspaceId} shows them`,
      );
    }
    if (another !== undefined && file.id !== beginning) {
      const length = shortLength(found);
      const ids = found.slice(0, 3).map(({ id }) => id.slice(0, length));
      throw new UsageError(
        `${found.length} dead letters begin with ${quoted(beginning)}`,
        `type more of it: ${ids.join(", ")}${found.length > 3 ? " …" : ""}`,
      );
    }
    picked.add(file);
  }
  return files.filter((file) => picked.has(file));
}
