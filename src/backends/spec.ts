/**
 * What a built-in back end tells about itself, for `molecule backends`, for the documents, and for the reading of
 * its options.
 *
 * @module
 */
import type { BackendFactory } from "./backend.ts";

/** One option of a back end. */
export interface BackendOption {
  /** Its name, as in `--backend-opt NAME=VALUE`. */
  readonly name: string;
  /** What its value looks like, in a word: `TEXT`, `COMMAND`, `DURATION`, `true|false`. */
  readonly value: string;
  /** What holds where it is absent; undefined where that is nothing. */
  readonly default?: string;
  /** Whether it has to be given. */
  readonly required?: boolean;
  /** Whether nothing is a value, too. */
  readonly mayBeEmpty?: boolean;
  /** What it does, in one sentence. */
  readonly description: string;
}

/** A built-in back end, described and ready to be made. */
export interface BackendSpec {
  /** Its name, as in `--backend NAME`. */
  readonly name: string;
  /** What it does, in one sentence. */
  readonly description: string;
  /** Its options, the important ones first. */
  readonly options: readonly BackendOption[];
  /** A command line that uses it. */
  readonly example: string;
  /** Makes one. */
  readonly create: BackendFactory;
}
