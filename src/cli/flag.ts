/** What a flag is. */
import type { ParseValue } from "./values.ts";

/** Under which heading the help lists a flag. */
export type FlagGroup = "Platform" | "Agent" | "Askers" | "Messages" | "Output";

interface Described {
  /** Its line in the help, without a full stop. */
  readonly help: string;
  /** Its heading. */
  readonly group: FlagGroup;
  /** What holds where it is absent, as the help shows it. */
  readonly fallback?: string;
}

/** A flag that is there or not. */
export interface Switch extends Described {
  readonly kind: "switch";
  /** Another spelling, such as `-h`. */
  readonly short?: string;
}

/** A flag with a value. */
export interface ValueFlag<T> extends Described {
  readonly kind: "value";
  /** What stands for the value in the help. */
  readonly placeholder: string;
  /** Environment variables that give the value too; the first one set counts. */
  readonly env?: readonly string[];
  /** Whether an empty value may be given on purpose. */
  readonly mayBeEmpty?: true;
  readonly parse: ParseValue<T>;
}

/** A flag with a value that may be given again. */
export interface ListFlag<T> extends Described {
  readonly kind: "list";
  readonly placeholder: string;
  readonly parse: (texts: readonly string[], label: string) => T;
}

/** Any flag. */
// deno-lint-ignore no-explicit-any
export type Flag = Switch | ValueFlag<any> | ListFlag<any>;

/** Flags by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** What the flags of a table give: a switch is true or false, any other flag is undefined where it is absent. */
export type FlagValues<F extends Flags> = {
  readonly [N in keyof F]: F[N] extends ValueFlag<infer T> ? T | undefined
    : F[N] extends ListFlag<infer T> ? T | undefined
    : boolean;
};

/** Describes a flag with a value; it helps the compiler to see the value's type. */
export function value<T>(flag: Omit<ValueFlag<T>, "kind">): ValueFlag<T> {
  return { kind: "value", ...flag };
}

/** Describes a flag with values. */
export function list<T>(flag: Omit<ListFlag<T>, "kind">): ListFlag<T> {
  return { kind: "list", ...flag };
}

/** Describes a switch. */
export function toggle(flag: Omit<Switch, "kind">): Switch {
  return { kind: "switch", ...flag };
}

/** How the help and the documents write a flag. */
export function usageOf(name: string, flag: Flag): string {
  return flag.kind === "switch" ? `--${name}` : `--${name} ${flag.placeholder}`;
}

/** The environment variables of a flag. */
export function envOf(flag: Flag): readonly string[] {
  return flag.kind === "value" ? flag.env ?? [] : [];
}
