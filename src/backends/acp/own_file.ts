/** A file that an agent is started with, and that is gone with it. */

/** What is in it, and how the agent is told of it. */
export interface OwnFile {
  /** The argument that its path follows. */
  readonly flag: string;
  /** Its name. */
  readonly name: string;
  /** What is in it. */
  readonly text: string;
}

/** A file that was written. */
export interface WrittenFile {
  /** The arguments that name it. */
  readonly args: readonly string[];
  /** Removes it. */
  remove(): Promise<void>;
}

/** Writes it into a directory of its own; nothing where there is none. */
export async function writeOwnFile(
  file: OwnFile | undefined,
): Promise<WrittenFile> {
  if (file === undefined) return { args: [], remove: () => Promise.resolve() };
  const directory = await Deno.makeTempDir({ prefix: "molecule-agent-" });
  const path = `${directory}/${file.name}`;
  await Deno.writeTextFile(path, file.text, { createNew: true, mode: 0o600 });
  return {
    args: [file.flag, path],
    remove: () => Deno.remove(directory, { recursive: true }),
  };
}
