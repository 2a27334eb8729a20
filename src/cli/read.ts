/** Flag over environment. Where neither says anything the value is absent, and whoever needs it has the default. */
import type { Flag, Flags, FlagValues } from "./flag.ts";
import type { ParsedLine } from "./parse.ts";

/** Where a value comes from, in words that people can act on, and its text. */
export interface Source {
  /** The flag, or the environment variable. */
  readonly label: string;
  readonly text: string;
}

/** The first of the environment variables `names` that is set. An empty one counts as not set. */
export function fromEnv(
  names: readonly string[],
  env: (name: string) => string | undefined,
): Source | undefined {
  for (const name of names) {
    const text = env(name);
    if (text !== undefined && text !== "") return { label: name, text };
  }
  return undefined;
}

function readFlag(
  name: string,
  flag: Flag,
  line: ParsedLine,
  env: (name: string) => string | undefined,
): unknown {
  const texts = line.flags.get(name);
  if (flag.kind === "switch") return texts !== undefined;
  if (flag.kind === "list") {
    return texts === undefined ? undefined : flag.parse(texts, `--${name}`);
  }
  const source = texts === undefined
    ? fromEnv(flag.env ?? [], env)
    : { label: `--${name}`, text: texts[0]! };
  return source === undefined
    ? undefined
    : flag.parse(source.text, source.label);
}

/**
 * The value of every flag of the table.
 *
 * @throws {UsageError} naming the flag or the variable whose value is not usable.
 */
export function readFlags<F extends Flags>(
  flags: F,
  line: ParsedLine,
  env: (name: string) => string | undefined,
): FlagValues<F> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      readFlag(name, flag, line, env),
    ]),
  ) as FlagValues<F>;
}
