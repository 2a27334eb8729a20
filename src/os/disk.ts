/**
 * What the file layer asks of the operating system. It is Deno, but for suites that need a disk which fails, forgets
 * what was not synced, or lives in memory.
 */

/** An open file. */
export interface DiskFile extends Disposable {
  /** Writes some of `bytes`; returns how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Makes the file's content durable. */
  syncData(): Promise<void>;
  /** Makes everything about the file durable; of a directory, its names. */
  sync(): Promise<void>;
}

/** The operations, as `Deno` has them. */
export interface Disk {
  /** Makes a directory. */
  mkdir(
    path: string,
    options: { readonly recursive: boolean; readonly mode: number },
  ): Promise<void>;
  /** Opens a file or, for reading, a directory. */
  open(
    path: string,
    options: {
      readonly read?: boolean;
      readonly write?: boolean;
      readonly createNew?: boolean;
      readonly mode?: number;
    },
  ): Promise<DiskFile>;
  /** Renames a file, over one that is there. */
  rename(from: string, to: string): Promise<void>;
  /** The content of a file. */
  readFile(path: string): Promise<Uint8Array>;
  /** Removes a file or, where that is asked for, a directory with all that is in it. */
  remove(
    path: string,
    options?: { readonly recursive: boolean },
  ): Promise<void>;
  /** What is in a directory. */
  readDir(
    path: string,
  ): AsyncIterable<
    {
      readonly name: string;
      readonly isFile: boolean;
      readonly isDirectory: boolean;
    }
  >;
  /** What is known of a file. */
  stat(
    path: string,
  ): Promise<{ readonly mtime: Date | null; readonly size: number }>;
}

let current: Disk = Deno;

/** The disk in force. */
export function disk(): Disk {
  return current;
}

/** Puts another disk in force until what it returns is disposed. */
export function useDisk(other: Disk): Disposable {
  const before = current;
  current = other;
  return { [Symbol.dispose]: () => void (current = before) };
}
