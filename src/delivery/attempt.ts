/** One try to hand an answer to the platform, and what its outcome means. Nothing here waits or remembers. */
import { asText } from "../as_text.ts";
import { messageSend } from "../a2a/envelope.ts";
import type { Part } from "../a2a/part.ts";
import { excerpt, PermanentError, reason, TransientError } from "../errors.ts";
import {
  isHtml,
  isOriginRefusal,
  isUnknownWorkspace,
  jsonObject,
} from "../platform/answers.ts";
import type { PlatformClient } from "../platform/client.ts";
import { UnaddressableError } from "../platform/segment.ts";
import {
  type Answer,
  NoAnswerError,
  TooLargeError,
} from "../platform/request.ts";
import type { UploadedFile } from "../platform/wire.ts";
import type { OutboxEntry } from "../state/state.ts";
import { fileName } from "./outgoing.ts";

/** What a try came to. */
export type Outcome =
  /** It was taken. `polls` where the answer told whether the peer polls, `files` where it was an upload. */
  | {
    readonly is: "delivered";
    readonly polls?: boolean;
    readonly files?: readonly UploadedFile[];
  }
  /** It cannot have arrived: to be repeated. */
  | {
    readonly is: "not sent";
    readonly why: string;
    readonly afterMs?: number;
    /** The platform answered, but could not reach the peer: one that is pushed to. */
    readonly unreached?: true;
  }
  /** It may have arrived: only to be repeated where that is no second message. */
  | { readonly is: "unknown"; readonly why: string; readonly afterMs?: number }
  /** The other side asks to come again. */
  | { readonly is: "busy"; readonly why: string; readonly afterMs?: number }
  /** It was refused in a way that may pass within minutes: the token, the hierarchy, a proxy's 404. */
  | { readonly is: "refused"; readonly why: string }
  /** It will never be taken. */
  | { readonly is: "dead"; readonly why: string };

const UNREACHED = "failed to reach workspace agent";

function isSuccess(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300;
}

function judgeError(error: unknown): Outcome {
  if (error instanceof UnaddressableError) {
    return { is: "dead", why: error.message };
  }
  if (error instanceof NoAnswerError && !error.sent) {
    return { is: "not sent", why: reason(error) };
  }
  // An answer that is too long is an answer.
  if (error instanceof TooLargeError && isSuccess(error.status)) {
    return { is: "delivered" };
  }
  if (error instanceof TransientError) {
    return { is: "unknown", why: reason(error) };
  }
  throw error;
}

/** Judges an answer of `/workspaces/:id/a2a`: the peer may have chosen every bit of it. */
function judgeA2a(answer: Answer): Outcome {
  const { status, op } = answer;
  const why = `${op}: HTTP ${status} ${excerpt(answer.text)}`.trimEnd();
  const after = answer.retryAfterMs === undefined
    ? {}
    : { afterMs: answer.retryAfterMs };
  const body = jsonObject(answer);
  if (isSuccess(status)) {
    if (isHtml(answer)) {
      return { is: "unknown", why: `${op}: a web page instead of an answer` };
    }
    return body?.status === "queued" && typeof body.delivery_mode === "string"
      ? { is: "delivered", polls: body.delivery_mode === "poll" }
      : { is: "delivered" };
  }
  if (status >= 300 && status < 400) return { is: "dead", why };
  if (status === 502 && body?.delivery_confirmed !== undefined) {
    return { is: "delivered" };
  }
  if (status === 502 && asText(body?.error).startsWith(UNREACHED)) {
    return { is: "not sent", why, ...after, unreached: true };
  }
  if ([408, 425, 429, 503].includes(status)) {
    return { is: "busy", why, ...after };
  }
  if (status >= 500) return { is: "unknown", why, ...after };
  const mayPass = status === 401 || isOriginRefusal(answer) ||
    (status === 403 && asText(body?.error).startsWith("access denied")) ||
    (status === 404 && !isUnknownWorkspace(answer));
  return { is: mayPass ? "refused" : "dead", why };
}

/** Posts an answer to the peer; `begin` is done right before it is sent. */
export async function tryA2a(
  client: PlatformClient,
  entry: OutboxEntry,
  parts: readonly Part[],
  signal: AbortSignal,
  begin?: () => Promise<void>,
): Promise<Outcome> {
  const { id, context: contextId, task: taskId, metadata } = entry;
  try {
    return judgeA2a(
      await client.a2a(
        entry.peer,
        messageSend({ id, contextId, taskId, parts, metadata }),
        signal,
        begin,
      ),
    );
  } catch (error) {
    return judgeError(error);
  }
}

/** A refusal by the platform itself. */
function judgeRefusal(error: PermanentError): Outcome {
  const mayPass = error.status === 401 ||
    (error.status === 404 && !error.body.includes("workspace not found"));
  return { is: mayPass ? "refused" : "dead", why: reason(error) };
}

/** Uploads the files of an answer. What may have arrived is repeated like what did not: nothing shows until the bubble. */
export async function tryUpload(
  client: PlatformClient,
  parts: readonly Part[],
  signal: AbortSignal,
  begin?: () => Promise<void>,
): Promise<Outcome> {
  const files = parts.flatMap((part) =>
    part.kind === "file"
      ? [
        new File(
          [Uint8Array.fromBase64(part.file.bytes ?? "")],
          fileName(part),
          { type: part.file.mimeType ?? "" },
        ),
      ]
      : []
  );
  try {
    return {
      is: "delivered",
      files: await client.files.upload(files, signal, begin),
    };
  } catch (error) {
    if (error instanceof PermanentError) return judgeRefusal(error);
    if (!(error instanceof TransientError)) throw error;
    const { status, retryAfterMs: afterMs } = error;
    const after = afterMs === undefined ? {} : { afterMs };
    const is = status === 429 || status === 403 ? "busy" : "not sent";
    return { is, why: reason(error), ...after };
  }
}

/** Shows a text to the person, with the files that were uploaded for it. */
export async function tryNotify(
  client: PlatformClient,
  text: string,
  signal: AbortSignal,
  attachments: readonly UploadedFile[] = [],
  begin?: () => Promise<void>,
): Promise<Outcome> {
  try {
    await client.notify(text, signal, attachments, begin);
    return { is: "delivered" };
  } catch (error) {
    if (error instanceof PermanentError) return judgeRefusal(error);
    if (
      error instanceof TransientError && !(error instanceof TooLargeError) &&
      error.status !== undefined
    ) {
      const { status, retryAfterMs: afterMs } = error;
      const after = afterMs === undefined ? {} : { afterMs };
      if (status === 429 || status === 403) {
        return { is: "busy", why: reason(error), ...after };
      }
      return { is: "unknown", why: reason(error), ...after };
    }
    return judgeError(error);
  }
}

/** The platform's own 404 of a channel, as against a proxy's or the web UI's. */
function isUnknownChannel({ status, body }: PermanentError): boolean {
  return status === 404 && /^\{[^]*"error"/.test(body);
}

/** Sends a text to an outside channel. What may have arrived there is unknown for good. */
export async function tryChannel(
  client: PlatformClient,
  channelId: string,
  text: string,
  signal: AbortSignal,
  begin?: () => Promise<void>,
): Promise<Outcome> {
  try {
    await client.sendToChannel(channelId, text, signal, begin);
    return { is: "delivered" };
  } catch (error) {
    if (error instanceof PermanentError) {
      return isUnknownChannel(error)
        ? { is: "dead", why: reason(error) }
        : judgeRefusal(error);
    }
    if (!(error instanceof TransientError) || error instanceof TooLargeError) {
      return judgeError(error);
    }
    const { status = 0, retryAfterMs: afterMs } = error;
    const after = afterMs === undefined ? {} : { afterMs };
    const why = reason(error);
    if ([403, 408, 425, 429, 503].includes(status)) {
      return { is: "busy", why, ...after };
    }
    // Nothing was followed, so nothing was sent.
    if (status >= 300 && status < 400) return { is: "not sent", why, ...after };
    return judgeError(error);
  }
}
