/** Stdout could not be written: what was asked for reaches nobody. */

/** Thrown in place of the system's own error, which would be taken for one of a file. */
export class OutputError extends Error {
  /** The class's name. */
  override readonly name = "OutputError";
  /** Whether whoever read it has gone, as `head` does after the lines it wanted: no failure, the rest is not wanted. */
  readonly isUnwanted: boolean;

  /** `cause` is the system's error. */
  constructor(cause: unknown) {
    super("Cannot write to stdout", { cause });
    this.isUnwanted = cause instanceof Deno.errors.BrokenPipe;
  }
}
