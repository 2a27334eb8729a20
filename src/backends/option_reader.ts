/**
 * Reads the options of a back end as the command line gives them: text, checked against the back end's own table.
 *
 * @module
 */
import { parseDuration } from "../duration.ts";
import { UsageError } from "../errors.ts";
import type { BackendOptions } from "./backend.ts";
import { nearest } from "../nearest.ts";
import { SESSION_OPTIONS } from "./common_options.ts";
import type { BackendSpec } from "./spec.ts";

/** The options of one back end. Each method throws a `UsageError` that names the option and what to write instead. */
export class OptionReader {
  readonly #spec: Pick<BackendSpec, "name" | "options">;
  readonly #given: BackendOptions;

  /** @throws {UsageError} if `given` has an option that the back end does not know, or lacks one that it needs. */
  constructor(
    spec: Pick<BackendSpec, "name" | "options">,
    given: BackendOptions,
  ) {
    this.#spec = spec;
    this.#given = given;
    const known = spec.options.map((option) => option.name);
    for (const name of Object.keys(given)) {
      if (known.includes(name)) continue;
      const everywhere = SESSION_OPTIONS.map((option) => option.name);
      const meant = nearest(name, [...known, ...everywhere]);
      throw new UsageError(
        `Unknown option ${
          JSON.stringify(name)
        } of the back end ${spec.name}, which has: ${known.join(", ")}`,
        meant === undefined
          ? `run "molecule backends" for what each of them does`
          : `did you mean ${meant}?`,
      );
    }
    for (const option of spec.options) {
      if (option.mayBeEmpty !== true && given[option.name]?.trim() === "") {
        throw new UsageError(
          `Option ${option.name} is empty`,
          "leave it out, or give it a value: a variable that should hold it may not be set",
        );
      }
      if (option.required && !Object.hasOwn(given, option.name)) {
        throw new UsageError(
          `The back end ${spec.name} needs the option ${option.name}`,
          `give it with --backend-opt ${option.name}=${option.value}`,
        );
      }
    }
  }

  /** The option's value, or its default, or an empty string. */
  text(name: string): string {
    if (Object.hasOwn(this.#given, name)) return String(this.#given[name]);
    return this.#spec.options.find((option) => option.name === name)
      ?.default ?? "";
  }

  /** The option as milliseconds. */
  duration(name: string): number {
    const ms = parseDuration(this.text(name));
    if (ms === undefined) {
      throw this.#malformed(
        name,
        "is no duration",
        "write it as 90s, 5m or 1h30m",
      );
    }
    return ms;
  }

  /** The option as yes or no. */
  boolean(name: string): boolean {
    const value = this.text(name);
    if (value !== "true" && value !== "false") {
      throw this.#malformed(
        name,
        "is neither true nor false",
        "write true or false",
      );
    }
    return value === "true";
  }

  /** The option as a whole number from 0 up. */
  count(name: string): number {
    const count = Number(this.text(name));
    if (!/^\d+$/.test(this.text(name)) || !Number.isSafeInteger(count)) {
      throw this.#malformed(
        name,
        "is no whole number",
        "write it as 0, 20 or 60000",
      );
    }
    return count;
  }

  /** The option as one of `words`. */
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const word = words.find((word) => word === this.text(name));
    if (word !== undefined) return word;
    const known = words.join(" or ");
    throw this.#malformed(name, `is not ${known}`, `write ${known}`);
  }

  /** The option as a list, written with commas. */
  list(name: string): string[] {
    return this.text(name).split(",").map((item) => item.trim())
      .filter((item) => item !== "");
  }

  #malformed(name: string, what: string, remedy: string): UsageError {
    const value = JSON.stringify(this.text(name));
    return new UsageError(
      `Option ${name} of the back end ${this.#spec.name}: ${value} ${what}`,
      remedy,
    );
  }
}
