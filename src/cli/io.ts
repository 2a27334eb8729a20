/** What the command line needs of its surroundings, so that tests can stand in for them. */

/** The surroundings of the program. */
export interface CliIo {
  /** An environment variable. */
  env(name: string): string | undefined;
  /** Writes a line to stdout, which carries only what was asked for. @throws {OutputError} if it cannot be written. */
  stdout(line: string): void;
  /** Writes a line to stderr. */
  stderr(line: string): void;
  /** Whether stderr is a terminal, and so may get colours. */
  readonly stderrIsTerminal: boolean;
  /** How wide the terminal is that stdout is; undefined where it is none. */
  readonly stdoutColumns: number | undefined;
  /** Calls `handler` at each stop signal until the function that it returns is called. */
  onStopSignal(handler: (signal: string) => void): () => void;
  /** Ends the process now, whatever still runs. */
  exit(code: number): never;
  /** What runs the program. */
  readonly runtime: {
    /** Version of Deno. */
    readonly deno: string;
    /** Machine and operating system. */
    readonly target: string;
  };
  /** What to type to start the program as it was started now. */
  readonly program: string;
}
