/** Registers the workspace, and keeps the token that the platform may mint when it does. */
import { delay } from "@std/async/delay";
import { retry, RetryError } from "@std/async/retry";
import {
  ConnectError,
  PermanentError,
  reason,
  TransientError,
  UsageError,
  workspaceGone,
} from "../errors.ts";
import type { AgentCard, PlatformClient } from "../platform/client.ts";
import { NoAnswerError } from "../platform/request.ts";
import type { Redactor } from "../redact.ts";
import { saveMintedToken } from "../state/token_file.ts";
import type { StatePaths } from "../state/paths.ts";
import type { PeerModes } from "../delivery/peer_modes.ts";

const MAX_ATTEMPTS = 5;
/** Longest wait that a `Retry-After` at start is obeyed for. */
const MAX_WAIT_MS = 60_000;

/** What a registrar needs. */
export interface RegistrarOptions {
  readonly workspaceId: string;
  readonly client: PlatformClient;
  readonly card: AgentCard;
  /** The token that the operator gave. */
  readonly givenToken: string;
  readonly paths: StatePaths;
  readonly redactor: Redactor;
  readonly modes: PeerModes;
}

/** Registers one workspace. */
export class Registrar {
  readonly #options: RegistrarOptions;

  /** Makes no request. */
  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /**
   * Registers once. Returns whether the platform minted a token; it is saved before it is used.
   *
   * @throws {PermanentError | TransientError} as `PlatformClient.register` does.
   */
  async register(signal: AbortSignal): Promise<boolean> {
    const { client, card, givenToken, paths, redactor } = this.#options;
    const minted = await client.register(card, signal);
    if (minted === undefined) return false;
    redactor.add(minted);
    client.adoptToken(minted);
    await saveMintedToken(paths, minted, givenToken);
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
    const { client, workspaceId, modes } = this.#options;
    try {
      const found = await client.lookUp(workspaceId, signal);
      modes.note(found);
      if (found.found === "unknown" || found.found === "removed") {
        throw workspaceGone(workspaceId, found.found);
      }
      return await this.register(signal);
    } catch (error) {
      const waitMs =
        error instanceof TransientError && !(error instanceof NoAnswerError)
          ? error.retryAfterMs ?? 0
          : 0;
      if (waitMs > 0) await delay(Math.min(waitMs, MAX_WAIT_MS), { signal });
      throw error;
    }
  }

  #refused(cause: PermanentError): PermanentError {
    const refusesToken = cause.status === 401;
    return new PermanentError(cause.op, cause.status, cause.body, {
      code: refusesToken ? "TOKEN_REFUSED" : "GAVE_UP",
      message: `Cannot register workspace "${this.#options.workspaceId}"`,
      hint: refusesToken
        ? "the platform refuses the token: rotate the credentials in the platform's web page, and give the new one"
        : "check the workspace id and the platform's address",
    });
  }
}

function isRedirect(error: TransientError): boolean {
  return error.status !== undefined && error.status >= 300 &&
    error.status < 400;
}
