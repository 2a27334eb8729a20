/** A secret that an operator keeps in an environment variable. */
import { BackendError, UsageError } from "../../errors.ts";
import type { Readiness } from "../backend.ts";

/** A variable's value, and what to say where there is none. */
export interface Secret {
  /** The variable's name. */
  readonly variable: string;
  /** Its value without the white space around it; undefined where it is not set, or empty. */
  readonly value: string | undefined;
}

/**
 * The secret in the environment variable `variable`.
 *
 * @throws {UsageError} if no variable can have that name.
 */
export function readSecret(variable: string, option: string): Secret {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) {
    // Not quoted: it is the secret itself, where somebody took the option for it.
    throw new UsageError(
      `Option ${option} is not the name of an environment variable`,
      `put the secret into a variable, and give that one's name`,
    );
  }
  const value = Deno.env.get(variable)?.trim() || undefined;
  return { variable, value };
}

/** Whether the variable is set. */
export function secretReadiness({ variable, value }: Secret): Readiness {
  return value !== undefined ? { ready: true } : {
    ready: false,
    reason: `the environment variable ${variable} is not set`,
    remedy: `set it, and start again`,
  };
}

/** The value. @throws {BackendError} `final` where the variable is not set. */
export function secretValue({ variable, value }: Secret): string {
  if (value !== undefined) return value;
  throw new BackendError(
    "final",
    `The environment variable ${variable} is not set`,
    { failure: "not_ready", hint: "set it, and start again" },
  );
}
