/** The platform's endpoints, one method each. What an answer means to a loop is decided there, not here. */
import { expectTaken, isHtml, isOriginRefusal, jsonObject } from "./answers.ts";
import type { MessageSend } from "../a2a/envelope.ts";
import type { CallExtra } from "./call.ts";
import type { ClientOptions } from "./client_options.ts";
import { FilesClient } from "./files_client.ts";
import { readActivity } from "./read_activity.ts";
import {
  type Answer,
  HttpSender,
  type RequestSpec,
  type Sender,
  TooLargeError,
} from "./request.ts";
import { PlatformClock } from "./platform_clock.ts";
import { readLookUp } from "./read_answer.ts";
import { mapTexts } from "../redact.ts";
import { segment } from "./segment.ts";
import { canonicalId } from "../uuid.ts";
import type {
  Activity,
  ActivityPage,
  ActivityQuery,
  AgentCard,
  Heartbeat,
  LookUp,
  UploadedFile,
} from "./wire.ts";

/** Small answers: register, heartbeat, notify, look-up. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** A push peer's answer to our reply may be long; nobody reads more of it than this. */
const MAX_A2A_ANSWER_BYTES = 1024 * 1024;

/** A client for one workspace. */
export class PlatformClient implements Disposable {
  readonly #options: ClientOptions;
  readonly #sender: Sender;
  #token: string;
  #sendOrigin: boolean;
  readonly #clock = new PlatformClock();
  /** The files that people send, and that they are sent. */
  readonly files: FilesClient;

  /** Makes no request. */
  constructor(options: ClientOptions, sender: Sender = new HttpSender()) {
    this.#options = options;
    this.#sender = sender;
    this.#token = options.token;
    this.#sendOrigin = options.origin === "on";
    this.files = new FilesClient(
      (...call) => this.#call(...call),
      (rest) => this.#own(rest),
    );
  }

  /** The token in force. */
  get token(): string {
    return this.#token;
  }

  /** Uses `token` from now on. */
  adoptToken(token: string): void {
    this.#token = token;
  }

  /** The platform's clock, in ms since 1970, as of its last answer. */
  platformNow(): number {
    return this.#clock.now;
  }

  /** The same, and surely not more. */
  platformNowAtLeast(): number {
    return this.#clock.atLeast;
  }

  /** The connections there are are not trusted any more. */
  renew(): void {
    this.#sender.renew();
  }

  /** Closes the connections once they are idle. */
  [Symbol.dispose](): void {
    this.#sender[Symbol.dispose]();
  }

  #headers(withBody: boolean, withOrigin: boolean): Record<string, string> {
    const { workspaceId, orgId, apiUrl } = this.#options;
    return {
      accept: "application/json",
      ...(withBody ? { "content-type": "application/json" } : {}),
      ...(this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` }),
      "x-workspace-id": canonicalId(workspaceId),
      ...(orgId === undefined || orgId === ""
        ? {}
        : { "x-molecule-org-id": orgId }),
      ...(withOrigin ? { origin: new URL(apiUrl).origin } : {}),
    };
  }

  async #call(
    purpose: RequestSpec["purpose"],
    path: string,
    signal: AbortSignal,
    extra: CallExtra = {},
  ): Promise<Answer> {
    const { query } = extra;
    const base = `${this.#options.apiUrl}${path}`;
    const urlNow = query && (() => `${base}?${query()}`);
    const answer = this.#redacted(
      await this.#sender.send({
        method: purpose === "read" ? "GET" : "POST",
        purpose,
        isAnothers: extra.isAnothers ?? false,
        onProgress: extra.onProgress,
        sink: extra.sink,
        beforeSend: extra.beforeSend,
        path,
        url: urlNow?.() ?? base,
        urlNow,
        headers: this.#headers(
          extra.body !== undefined,
          extra.withOrigin ?? this.#sendOrigin,
        ),
        body: extra.body,
        ...(extra.form === undefined ? {} : { form: extra.form }),
        signal,
        timeoutMs: this.#options.timeoutMs + (extra.extraMs ?? 0),
        maxBytes: extra.maxBytes ?? MAX_ANSWER_BYTES,
      }),
    );
    if (extra.isAnothers) return answer;
    if (answer.date !== undefined) {
      this.#clock.told(answer.date, answer.receivedAt);
    }
    if (
      isOriginRefusal(answer) && this.#sendOrigin &&
      this.#options.origin === "auto"
    ) {
      this.#sendOrigin = false;
      const { beforeSend: _, ...again } = extra; // it is the same attempt
      return await this.#call(purpose, path, signal, again);
    }
    return answer;
  }

  /** Of what is no success, errors show the beginning. */
  #redacted(answer: Answer): Answer {
    if (answer.status < 300 && !isHtml(answer)) return answer;
    const { redact } = this.#options;
    return {
      ...answer,
      text: redact(answer.text),
      location: redact(answer.location),
    };
  }

  #own(rest = ""): string {
    return `/workspaces/${segment(this.#options.workspaceId)}${rest}`;
  }

  /**
   * Looks a workspace up; needs no token.
   *
   * For the own workspace it also finds out whether the platform wants an `Origin`: one that answers without its own
   * JSON is asked once more with it, and what worked is kept. Nothing else tries it: where the server also serves the
   * web UI, an `Origin` turns our messages into a person's.
   *
   * @throws {NoAnswerError} if there was no whole answer.
   */
  async lookUp(workspaceId: string, signal: AbortSignal): Promise<LookUp> {
    const path = `/workspaces/${segment(workspaceId)}`;
    const ask = async (extra?: { withOrigin: boolean }): Promise<LookUp> => {
      try {
        return readLookUp(await this.#call("read", path, signal, extra));
      } catch (error) {
        if (!(error instanceof TooLargeError)) throw error;
        return { found: "not answered", status: error.status ?? 0 };
      }
    };
    const found = await ask();
    const mayTryOrigin = this.#options.origin === "auto" && !this.#sendOrigin &&
      workspaceId === this.#options.workspaceId;
    if (
      found.found !== "not answered" || found.status >= 500 ||
      found.status === 429 || !mayTryOrigin
    ) return found;
    const again = await ask({ withOrigin: true });
    if (again.found === "not answered") return found;
    this.#sendOrigin = true;
    return again;
  }

  /**
   * Registers the workspace for polling. Returns the token that the platform minted, or undefined.
   *
   * @throws {PermanentError} if the platform refuses: 4xx but 408, 425, 429 and an empty 403.
   * @throws {TransientError} for everything that may pass.
   */
  async register(
    card: AgentCard,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const answer = await this.#call("beat", "/registry/register", signal, {
      body: {
        id: this.#options.workspaceId,
        agent_card: mapTexts(card, this.#options.redact),
        delivery_mode: "poll",
      },
    });
    expectTaken(answer, (a) => !isOriginRefusal(a));
    this.#noteInboundSecret(answer);
    const minted = jsonObject(answer)?.auth_token;
    return typeof minted === "string" && minted !== "" ? minted : undefined;
  }

  /**
   * Shows another card: a page that is open shows it at once, that of a register only once it is loaded again.
   *
   * @throws {PermanentError} if the platform refuses it: 4xx but 408, 425, 429 and an empty 403.
   * @throws {TransientError} for everything that may pass.
   */
  async updateCard(card: AgentCard, signal: AbortSignal): Promise<void> {
    const answer = await this.#call("beat", "/registry/update-card", signal, {
      body: {
        workspace_id: this.#options.workspaceId,
        agent_card: mapTexts(card, this.#options.redact),
      },
    });
    expectTaken(answer, (a) => !isOriginRefusal(a));
  }

  /**
   * Says that the workspace is alive, with what `beat` says when the request need not wait any more. Returns what was sent.
   *
   * @throws {PermanentError} if it is refused for good: 401, 403 with a body, 404.
   * @throws {TransientError} for everything else that is no success.
   */
  async heartbeat(
    beat: () => Heartbeat,
    signal: AbortSignal,
  ): Promise<Heartbeat> {
    const { redact } = this.#options;
    const beatNow = () => {
      const { sample_error, current_task, ...rest } = beat();
      return {
        ...rest,
        sample_error: redact(sample_error),
        current_task: redact(current_task),
      };
    };
    const said = beatNow();
    const body = {
      workspace_id: this.#options.workspaceId,
      ...said,
      // Any other word than the empty one keeps a degraded workspace degraded.
      runtime_state: "",
    };
    const beforeSend = () => {
      Object.assign(body, Object.assign(said, beatNow()));
      return Promise.resolve();
    };
    const extra = { body, beforeSend };
    const answer = await this.#call(
      "beat",
      "/registry/heartbeat",
      signal,
      extra,
    );
    expectTaken(
      answer,
      (a) => [401, 403, 404].includes(a.status) && !isOriginRefusal(a),
    );
    this.#noteInboundSecret(answer);
    return said;
  }

  #noteInboundSecret(answer: Answer): void {
    const secret = jsonObject(answer)?.platform_inbound_secret;
    if (typeof secret === "string") this.#options.onInboundSecret(secret);
  }

  /**
   * Reads one page of the feed; `onProgress` is told that a long one comes on.
   *
   * @throws {PermanentError} 401, 403 with a body; 404 with the platform's own JSON; 410 to a cursor, and 500 to one
   *   that is no UUID, both with status 410: the cursor is lost.
   * @throws {TooLargeError} if the page is too long: ask for fewer rows.
   * @throws {TransientError} for everything else that is no page.
   */
  async activity(
    query: ActivityQuery,
    signal: AbortSignal,
    onProgress?: () => void,
  ): Promise<ActivityPage> {
    return await readActivity(
      (extra) => this.#call("read", this.#own("/activity"), signal, extra),
      query,
      () => this.platformNow(),
      onProgress,
    );
  }

  /**
   * Logs something of our own doing. It comes back as a row of the feed whose source is this workspace.
   *
   * @throws {PermanentError} if the platform refuses it: 4xx but 408, 425 and 429.
   * @throws {TransientError} for everything that may pass.
   */
  async logActivity(activity: Activity, signal: AbortSignal): Promise<void> {
    const { redact } = this.#options;
    const answer = await this.#call("post", this.#own("/activity"), signal, {
      body: { ...activity, summary: redact(activity.summary) },
    });
    expectTaken(answer, (a) => !isOriginRefusal(a));
  }

  /**
   * Sends a message to another workspace. The answer is the peer's as much as the platform's: it is returned as it is,
   * and says nothing about this connection. `beforeSend` is done when it need not wait for the platform any more.
   *
   * @throws {NoAnswerError} if there was no whole answer.
   */
  async a2a(
    workspaceId: string,
    message: MessageSend,
    signal: AbortSignal,
    beforeSend?: () => Promise<void>,
  ): Promise<Answer> {
    return await this.#call(
      "post",
      `/workspaces/${segment(workspaceId)}/a2a`,
      signal,
      {
        body: message,
        maxBytes: MAX_A2A_ANSWER_BYTES,
        isAnothers: true,
        beforeSend,
      },
    );
  }

  /**
   * Shows `text` to the person as one bubble, with files that were uploaded. Not to be repeated blindly: each call is a
   * bubble of its own.
   *
   * @throws {PermanentError} if the platform refuses it: 4xx but 408, 425 and 429.
   * @throws {TransientError} for everything that may pass; `NoAnswerError` where the bubble may be there.
   */
  async notify(
    text: string,
    signal: AbortSignal,
    attachments: readonly UploadedFile[] = [],
    beforeSend?: () => Promise<void>,
  ): Promise<void> {
    const answer = await this.#call("post", this.#own("/notify"), signal, {
      body: {
        message: text,
        ...(attachments.length === 0 ? {} : { attachments }),
      },
      beforeSend,
    });
    expectTaken(answer, (a) => !isOriginRefusal(a));
  }

  /**
   * Sends `text` to an outside chat channel of this workspace. Not to be repeated blindly: each call is a message there.
   *
   * @throws {UnaddressableError} if no path can name the channel.
   * @throws {PermanentError} if the platform refuses it: 4xx but 408, 425 and 429.
   * @throws {TransientError} for everything that may pass; `NoAnswerError` where the message may be there.
   */
  async sendToChannel(
    channelId: string,
    text: string,
    signal: AbortSignal,
    beforeSend?: () => Promise<void>,
  ): Promise<void> {
    const path = this.#own(`/channels/${segment(channelId)}/send`);
    const answer = await this.#call("post", path, signal, {
      body: { text },
      beforeSend,
    });
    expectTaken(answer, (a) => !isOriginRefusal(a));
  }
}
