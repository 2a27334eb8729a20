/** Registers the workspace, and keeps the token that the platform may mint when it does. */
import { reached } from "../crash_points.ts";
import { delay } from "@std/async/delay";
import { retry, RetryError } from "@std/async/retry";
import {
  ConnectError,
  PermanentError,
  reason,
  ROTATE_CREDENTIALS,
  TransientError,
  UsageError,
  workspaceGone,
} from "../errors.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { AgentCard, LookUp } from "../platform/wire.ts";
import { NoAnswerError } from "../platform/request.ts";
import type { Logger } from "../log.ts";
import type { Redactor } from "../redact.ts";
import { saveMintedToken } from "../state/token_file.ts";
import type { StatePaths } from "../state/paths.ts";

const MAX_ATTEMPTS = 5;
/** Longest wait that a `Retry-After` at start is obeyed for. */
const MAX_WAIT_MS = 60_000;

/** What a registrar needs. */
export interface RegistrarOptions {
  readonly workspaceId: string;
  readonly client: PlatformClient;
  /** The card as it is to be shown now. */
  readonly card: () => AgentCard;
  /** The token that the operator gave. */
  readonly givenToken: string;
  readonly paths: StatePaths;
  readonly redactor: Redactor;
  readonly log: Logger;
  /** Told what a look-up came to. */
  readonly onLookUp: (found: LookUp) => void;
}

/** Registers one workspace. */
export class Registrar {
  readonly #options: RegistrarOptions;
  /** Every token there is to try. */
  readonly #tokens: string[];
  #attempts = 0;

  /** Makes no request. */
  constructor(options: RegistrarOptions) {
    this.#options = options;
    this.#tokens = [options.givenToken, options.client.token]
      .filter((token) => token !== "");
  }

  /**
   * Registers once. Returns whether the platform minted a token. A token that is refused may have been replaced: the
   * other one, given by the operator or minted earlier, is tried once.
   *
   * @throws {PermanentError | TransientError} as `PlatformClient.register` does.
   */
  async register(signal: AbortSignal): Promise<boolean> {
    const { client, card } = this.#options;
    const refused = client.token;
    try {
      return await this.#keep(await client.register(card(), signal));
    } catch (error) {
      const other = this.#tokens.find((token) => token !== refused);
      if (!isRefusedToken(error) || other === undefined) throw error;
      client.adoptToken(other);
      try {
        return await this.#keep(await client.register(card(), signal));
      } catch (again) {
        client.adoptToken(refused);
        throw isRefusedToken(again) ? error : again;
      }
    }
  }

  /**
   * Registers while the connection runs: looks the workspace up first, because a register of a removed workspace is
   * answered with a token that never works.
   *
   * @throws {ConnectError} `WORKSPACE_GONE`; else as `register()` does.
   */
  async registerAgain(signal: AbortSignal): Promise<void> {
    const { client, workspaceId, onLookUp } = this.#options;
    const found = await client.lookUp(workspaceId, signal);
    onLookUp(found);
    if (found.found === "unknown" || found.found === "removed") {
      throw workspaceGone(workspaceId, found.found);
    }
    await this.register(signal);
  }

  /** Keeps a minted token before it is used. */
  async #keep(minted: string | undefined): Promise<boolean> {
    const { client, givenToken, paths, redactor, log } = this.#options;
    if (minted === undefined) return false;
    redactor.add(minted);
    reached("token minted");
    try {
      await saveMintedToken(paths, minted, givenToken);
      reached("token saved");
    } catch (error) {
      // It is never said again, but it works now: going on is better than stopping.
      log.error(
        "Cannot keep the token that the platform minted; after this process a new one is needed",
        { error: reason(error) },
      );
    }
    this.#tokens.push(minted);
    client.adoptToken(minted);
    return true;
  }

  /**
   * Registers at start: the workspace is looked up first, because an unknown id would create a ghost workspace that can
   * message nobody, and failures that may pass are retried, at most 5 attempts in all.
   *
   * @throws {ConnectError} `WORKSPACE_GONE`, `TOKEN_REFUSED` or `GAVE_UP`.
   * @throws {UsageError} if the platform's address redirects.
   */
  async registerAtStart(signal: AbortSignal): Promise<boolean> {
    const { workspaceId } = this.#options;
    try {
      return await retry(() => this.#attempt(signal), {
        maxAttempts: MAX_ATTEMPTS,
        minTimeout: 500,
        isRetriable: (error: unknown) =>
          error instanceof TransientError && !isRedirect(error),
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      const cause: unknown = error instanceof RetryError
        ? (error as RetryError).cause
        : error;
      if (cause instanceof PermanentError) throw this.#refused(cause);
      if (!(cause instanceof TransientError)) throw cause;
      if (isRedirect(cause)) {
        throw new UsageError(
          `Cannot register workspace "${workspaceId}": ${cause.message}`,
          cause.hint,
          cause,
        );
      }
      throw new ConnectError(
        "GAVE_UP",
        `Cannot register workspace "${workspaceId}" in ${MAX_ATTEMPTS} attempts: ${
          reason(cause)
        }`,
        { cause, hint: "check the platform's address, and whether it is up" },
      );
    }
  }

  async #attempt(signal: AbortSignal): Promise<boolean> {
    const { client, workspaceId, onLookUp, log } = this.#options;
    this.#attempts++;
    try {
      const found = await client.lookUp(workspaceId, signal);
      onLookUp(found);
      if (found.found === "unknown" || found.found === "removed") {
        throw workspaceGone(workspaceId, found.found);
      }
      return await this.register(signal);
    } catch (error) {
      if (error instanceof TransientError && this.#attempts < MAX_ATTEMPTS) {
        log.warn(`Cannot register yet (${this.#attempts} of ${MAX_ATTEMPTS})`, {
          error: reason(error),
        });
      }
      const waitMs =
        error instanceof TransientError && !(error instanceof NoAnswerError)
          ? error.retryAfterMs ?? 0
          : 0;
      if (waitMs > 0 && this.#attempts < MAX_ATTEMPTS) {
        await delay(Math.min(waitMs, MAX_WAIT_MS), { signal });
      }
      throw error;
    }
  }

  #refused(cause: PermanentError): PermanentError {
    const refusesToken = cause.status === 401;
    const why = this.#options.client.token === ""
      ? "no token was given, and the workspace has one"
      : "the platform refuses the token";
    return new PermanentError(cause.op, cause.status, cause.body, {
      code: refusesToken ? "TOKEN_REFUSED" : "GAVE_UP",
      message: `Cannot register workspace "${this.#options.workspaceId}"`,
      hint: refusesToken
        ? `${why}: ${ROTATE_CREDENTIALS}`
        : "check the workspace id and the platform's address",
    });
  }
}

function isRefusedToken(error: unknown): boolean {
  return error instanceof PermanentError && error.status === 401;
}

function isRedirect(error: TransientError): boolean {
  return error.status !== undefined && error.status >= 300 &&
    error.status < 400;
}
