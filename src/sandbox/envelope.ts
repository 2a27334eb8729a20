/**
 * What the platform makes of the body of an a2a post before it stores or forwards it.
 *
 * @module
 */
import { Refusal } from "./answer.ts";
import { asObject, asString, messageOf } from "./message.ts";

/** A body in its stored form. */
export interface Envelope {
  /** The JSON that is stored and forwarded. */
  readonly body: Record<string, unknown>;
  /** Its method, "" where there is none. */
  readonly method: string;
  /** Its message id where that is a non-empty string, else "". */
  readonly messageId: string;
  /** Whether it holds a U+0000, which the store cannot keep. */
  readonly hasNul: boolean;
}

/** Who sent it, as far as that changes the body: the web chat, an outsider with the inbound secret, or a peer. */
export type Origin = "canvas" | "inbound" | "peer";

/** Whose web chat a person uses: the platform of June or that of August 2026. The newer one names conversations. */
export type Generation = "2026-06-28" | "2026-08-14";

/** The older of the two, whose web chat adds nothing to what a person writes. */
export const OLDER_GENERATION: Generation = "2026-06-28";

/** Reads the body of an a2a post; throws a {@linkcode Refusal} for what the platform refuses. */
export function parseEnvelope(
  text: string,
  origin: Origin,
  targetId: string,
  generation?: Generation,
): Envelope {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Refusal(400, "invalid JSON");
  }
  const given = parsed === null ? {} : asObject(parsed);
  if (given === undefined) throw new Refusal(400, "invalid JSON");
  return normalise(given, origin, targetId, generation);
}

/** As {@linkcode parseEnvelope}, for a body that is no text any more. */
export function normalise(
  given: Readonly<Record<string, unknown>>,
  origin: Origin,
  targetId: string,
  generation?: Generation,
): Envelope {
  const addsContext = origin !== "peer" && generation !== OLDER_GENERATION;
  const cleaned = clean(given);
  const source = cleaned.value as Record<string, unknown>;
  const body: Record<string, unknown> = "jsonrpc" in source ? source : {
    jsonrpc: "2.0",
    id: crypto.randomUUID(),
    method: source.method ?? null,
    params: source.params ?? null,
  };
  const message = messageOf(body);
  if (message !== undefined) {
    message.messageId ??= crypto.randomUUID();
    message.role ??= "user";
    fillParts(message);
    if (addsContext) message.contextId ??= `canvas-${targetId}`;
  }
  const params = asObject(body.params);
  if (origin === "canvas" && addsContext && params !== undefined) {
    params.metadata = {
      ...asObject(params.metadata),
      source: "canvas_user",
      user_identity_status: "UNAUTHENTICATED",
    };
  }
  return {
    body,
    method: asString(body.method),
    messageId: asString(message?.messageId),
    hasNul: cleaned.hasNul,
  };
}

/** Turns `content` into parts, and the parts' older key `type` into `kind`. */
function fillParts(message: Record<string, unknown>): void {
  if (message.parts === undefined || message.parts === null) {
    const content = message.content;
    if (content === undefined || content === null) {
      throw new Refusal(
        400,
        "params.message must contain either 'parts' (v0.3) or 'content' (v0.2 compat)",
        { hint: `v0.3 example: {"parts":[{"kind":"text","text":"..."}]}` },
      );
    }
    if (typeof content !== "string" && !Array.isArray(content)) {
      throw new Refusal(400, "invalid params.message.content type", {
        hint:
          "content must be a string (v0.2 compat) or omitted in favour of parts (v0.3)",
      });
    }
    message.parts = typeof content === "string"
      ? [{ kind: "text", text: content }]
      : content;
    delete message.content;
  }
  if (!Array.isArray(message.parts)) return;
  message.parts = message.parts.map((part) => {
    const fields = asObject(part);
    if (fields === undefined || "kind" in fields || !("type" in fields)) {
      return part;
    }
    const { type, ...rest } = fields;
    return { kind: type, ...rest };
  });
}

/** A copy with lone surrogates replaced, and whether a U+0000 was met. */
export function clean(value: unknown): { value: unknown; hasNul: boolean } {
  let hasNul = false;
  const text = (given: string) => {
    hasNul ||= given.includes("\0");
    return given.toWellFormed();
  };
  const walk = (at: unknown): unknown => {
    if (typeof at === "string") return text(at);
    if (Array.isArray(at)) return at.map(walk);
    const object = asObject(at);
    if (object === undefined) return at;
    return Object.fromEntries(
      Object.entries(object).map(([key, field]) => [text(key), walk(field)]),
    );
  };
  return { value: walk(value), hasNul };
}
