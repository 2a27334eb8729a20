/** From an answer to its entry in the outbox. */
import { textOf } from "../a2a/message.ts";
import type { Metadata, Part } from "../a2a/part.ts";
import type { Origin } from "../backends/backend.ts";
import type { Logger } from "../log.ts";
import type { Redactor } from "../redact.ts";
import { shortId } from "../short_id.ts";
import type { Journal } from "../state/journal.ts";
import type { OutboxEntry } from "../state/state.ts";
import { channelOf } from "./channel.ts";
import type { Delivery } from "./delivery.ts";
import type { Exchanges } from "./exchanges.ts";
import { derivedId, type Purpose } from "./ids.ts";
import { bubbleEntries } from "./bubble_entries.ts";
import { type Outgoing, toChannel, toPeer, toPerson } from "./outgoing.ts";

/** What saving an answer needs. */
export interface SaveAnswerOptions {
  readonly workspaceId: string;
  readonly journal: Journal;
  readonly redactor: Redactor;
  /** Told of each answer to a peer. */
  readonly exchanges: Exchanges;
  readonly log: Logger;
}

/** No real id is longer; a longer one would stand in the state until its answer is taken. */
const MAX_ECHOED_CHARS = 1_000;

/** An id of the sender's as an answer carries it back; empty where there is none, or one of absurd length. */
function echoed(id: unknown): string {
  return typeof id === "string" && id.length <= MAX_ECHOED_CHARS ? id : "";
}

/** What a stranger called its channel, in a log line. */
const MAX_SHOWN_CHARS = 40;

function outgoing(
  origin: Origin,
  parts: readonly Part[],
  metadata: Metadata,
  note?: string,
): Outgoing {
  if (origin === "peer") return toPeer(parts, metadata);
  return origin === "canvas" ? toPerson(parts, note) : toChannel(parts);
}

/** `part` without the secrets that are known; the content of a file is what it is. */
function masked(part: Part, redactor: Redactor): Part {
  if (part.kind !== "file") return redactor.redactAnswer(part);
  const { bytes, ...rest } = part.file;
  const file = redactor.redactAnswer(rest);
  return {
    ...redactor.redactAnswer({ ...part, file: {} }),
    file: bytes === undefined ? file : { ...file, bytes },
  };
}

/**
 * Puts an answer into the outbox, to a person with `note` behind it; one that says nothing is not sent. Counts with the
 * next commit.
 */
export function saveAnswer(
  options: SaveAnswerOptions,
  delivery: Delivery,
  purpose: Purpose,
  given: readonly Part[],
  givenMetadata: Metadata,
  note?: string,
): void {
  const { journal, workspaceId, redactor, log } = options;
  const parts = given.map((part) => masked(part, redactor));
  const metadata = redactor.redactAnswer(givenMetadata);
  const { message, retry } = delivery;
  const row = message.activityId;
  const channel = message.origin === "channel"
    ? channelOf(message.raw)
    : undefined;
  if (channel?.hasWayBack === false) {
    log.info("An answer to an outside channel that has no way back", {
      row: shortId(row),
      source: channel.source.slice(0, MAX_SHOWN_CHARS),
      text: textOf(parts),
    });
    return;
  }
  const sent = outgoing(message.origin, parts, metadata, note);
  const { steps, parts: content, dataLeftOut, more = [], whole } = sent;
  const says = (part: Part) => part.kind !== "text" || part.text.trim() !== "";
  if (dataLeftOut > 0) {
    log.warn("Data parts of an answer cannot be shown to people", {
      row: shortId(row),
      parts: dataLeftOut,
    });
  }
  if (!content.some(says)) return;
  if (message.origin === "peer") options.exchanges.answered(delivery.lane);
  const inReplyTo = echoed(message.messageId);
  // That a message waits is no outcome of a delegation.
  const delegation = purpose === "wait"
    ? ""
    : echoed(message.metadata.delegation_id);
  const n = retry?.n ?? 0;
  const id = derivedId(workspaceId, row, purpose, n);
  const entry: OutboxEntry = {
    id,
    row,
    peer: message.callerId,
    ...(channel === undefined ? {} : { channel: channel.id }),
    origin: message.origin,
    lane: delivery.lane,
    steps,
    context: echoed(message.contextId),
    task: echoed(message.taskId),
    metadata: {
      ...metadata,
      ...(inReplyTo === "" ? {} : { in_reply_to: inReplyTo }),
      ...(delegation === "" ? {} : { delegation_id: delegation }),
      reply: true,
    },
    saved: Date.now(),
    tries: 0,
    ...(n === 0 ? {} : { retry: n }),
    ...(purpose === "failure" ? { failure: true } : {}),
    ...(purpose === "wait" ? { wait: true } : {}),
    ...(whole === undefined ? {} : { whole }),
  };
  journal.addReply(
    more.length === 0 ? entry : { ...entry, goesOn: true },
    content,
  );
  for (const [reply, parts] of bubbleEntries(workspaceId, entry, more, 1)) {
    journal.addReply(reply, parts);
  }
}
