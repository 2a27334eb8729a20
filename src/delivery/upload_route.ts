/** The files of an answer to a person: staged on the platform first, so that the bubble can point to them. */
import type { Part } from "../a2a/part.ts";
import type { PlatformClient } from "../platform/client.ts";
import type { OutboxEntry } from "../state/state.ts";
import { type Outcome, tryUpload } from "./attempt.ts";
import type { Route, Settled } from "./route.ts";

/** The way of files. An upload that was taken without its answer does no harm: staged files die by themselves. */
export class UploadRoute implements Route {
  readonly #client: PlatformClient;

  /** Uploads through `client`. */
  constructor(client: PlatformClient) {
    this.#client = client;
  }

  waitMs(): number {
    return 0;
  }

  marks(): boolean {
    return false;
  }

  async send(
    _: OutboxEntry,
    parts: readonly Part[],
    signal: AbortSignal,
    begin: () => Promise<void>,
  ): Promise<Outcome> {
    return await tryUpload(this.#client, parts, signal, begin);
  }

  settleAfterMs(): number {
    return 0;
  }

  settle(): Promise<Settled> {
    return Promise.resolve("repeat");
  }

  over(): void {}

  remember(): void {}
}
