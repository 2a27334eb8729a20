/** Takes a command line apart: which command, its arguments, and the flags as texts. */
import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../errors.ts";
import type { Flag, Flags } from "./flag.ts";
import { nearest } from "../nearest.ts";
import { quoted } from "./values.ts";

/** A command line in pieces; nothing in it has been checked but its form. */
export interface ParsedLine {
  /** What is no flag, in order. */
  readonly positionals: readonly string[];
  /** Texts by the flag's name; a switch has none, but is there. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
}

function flagNamed(
  name: string,
  flags: Flags,
): readonly [string, Flag] | undefined {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  return flag === undefined ? undefined : [name, flag];
}

/** The flag that `arg` spells, with or without a value behind `=`. */
function flagOf(
  arg: string,
  flags: Flags,
): readonly [name: string, flag: Flag] | undefined {
  const long = /^--([^=]+)/.exec(arg)?.[1];
  if (long !== undefined) return flagNamed(long, flags);
  return Object.entries(flags).find(([, flag]) =>
    flag.kind === "switch" && flag.short === arg
  );
}

function unknownFlag(arg: string, flags: Flags): UsageError {
  // What stands behind "=" may be a secret.
  const typed = arg.split("=", 1)[0]!;
  const meant = nearest(typed.replace(/^-+/, ""), Object.keys(flags));
  return new UsageError(
    `unknown flag ${quoted(typed)}`,
    meant === undefined
      ? "type molecule help COMMAND for its flags"
      : `did you mean --${meant}?`,
  );
}

function needsValue(name: string, flag: Flag): UsageError {
  const placeholder = flag.kind === "switch" ? "" : flag.placeholder;
  return new UsageError(
    `--${name} has no value`,
    `type --${name}=${placeholder}`,
  );
}

/**
 * Every flag as one word, `--name=value`: only then may a value begin with a dash, as tokens do, or look like a
 * number or a switch.
 */
function joined(
  args: readonly string[],
  flags: Flags,
): { words: string[]; positionals: string[] } {
  const words: string[] = [];
  const positionals: string[] = [];
  const rest = args.values();
  for (const arg of rest) {
    if (arg === "--") {
      positionals.push(...rest);
    } else if (!arg.startsWith("-") || arg === "-") {
      positionals.push(arg);
    } else {
      const [name, flag] = flagOf(arg, flags) ??
        (() => {
          throw unknownFlag(arg, flags);
        })();
      if (flag.kind === "switch") {
        if (arg.includes("=")) {
          throw new UsageError(
            `--${name} takes no value`,
            `type --${name} alone, or leave it out`,
          );
        }
        words.push(`--${name}`);
      } else if (arg.includes("=")) {
        words.push(arg);
      } else {
        const next = rest.next();
        // A value may look like a flag, but not like one of ours: then the value was forgotten.
        if (
          next.done || next.value === "--" ||
          flagOf(next.value, flags) !== undefined
        ) throw needsValue(name, flag);
        words.push(`--${name}=${next.value}`);
      }
    }
  }
  return { words, positionals };
}

/**
 * Takes `args` apart.
 *
 * @throws {UsageError} for a flag that is unknown, has no value, or is given twice.
 */
export function parseLine(args: readonly string[], flags: Flags): ParsedLine {
  const { words, positionals } = joined(args, flags);
  const names = Object.keys(flags);
  const given: Record<string, unknown> = parseArgs(words, {
    string: names.filter((name) => flags[name]!.kind !== "switch"),
    boolean: names.filter((name) => flags[name]!.kind === "switch"),
    collect: names,
  });
  const texts = new Map<string, readonly string[]>();
  for (const [name, flag] of Object.entries(flags)) {
    const values = (given[name] ?? []) as readonly (string | boolean)[];
    if (values.length === 0) continue;
    if (values.length > 1 && flag.kind !== "list") {
      throw new UsageError(`--${name} is given twice`, "give it once");
    }
    const mayBeEmpty = flag.kind === "value" && flag.mayBeEmpty === true;
    if (values.includes("") && !mayBeEmpty) throw needsValue(name, flag);
    texts.set(name, flag.kind === "switch" ? [] : values.map(String));
  }
  return { positionals, flags: texts };
}
