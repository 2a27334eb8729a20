/**
 * The system's shell.
 *
 * @module
 */
import { isWindows } from "./platform.ts";

/** A program with its arguments. */
export interface ShellCall {
  /** The shell. */
  readonly command: string;
  /** Its arguments, the line to run among them. */
  readonly args: readonly string[];
  /** Whether the arguments already are in the shell's own quoting. */
  readonly rawArguments: boolean;
}

/** How the system's shell runs `line`. */
export function shellCall(line: string): ShellCall {
  return isWindows
    // /s: everything between the outer quotes is the line, whatever quotes are in it.
    ? {
      command: "cmd.exe",
      args: ["/d", "/s", "/c", `"${line}"`],
      rawArguments: true,
    }
    : { command: "/bin/sh", args: ["-c", line], rawArguments: false };
}
