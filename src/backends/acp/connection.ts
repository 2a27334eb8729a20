/**
 * JSON-RPC 2.0, one object a line, where both sides may ask: what the Agent Client Protocol is spoken in.
 *
 * @module
 */

/** The other side refused a request, or what it asked for is not there. */
export class RpcError extends Error {
  /** The class's name. */
  override readonly name = "RpcError";
  /** The number that JSON-RPC or the protocol gives to the error. */
  readonly code: number;
  /** The kind that the error's data names; an empty string where it names none. */
  readonly kind: string;

  /** Makes one. */
  constructor(code: number, message: string, kind = "") {
    super(message);
    this.code = code;
    this.kind = kind;
  }
}

/** Answers a method that does not exist. */
const METHOD_NOT_FOUND = -32601;
const INTERNAL_ERROR = -32603;

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** `value` as an object; an empty one where it is none. */
export function jsonObject(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as JsonObject
    : {};
}

/** What this side does with what comes in by itself. */
export interface RpcHandlers {
  /** Writes a line; the line's end is not in it. */
  readonly write: (line: string) => void;
  /** Answers a request. Undefined where there is no such method. */
  readonly onRequest: (
    method: string,
    params: JsonObject,
  ) => JsonObject | undefined;
  /** Takes a notification. */
  readonly onNotification: (method: string, params: JsonObject) => void;
  /** Takes a line that is no JSON-RPC. */
  readonly onGarbage: (line: string) => void;
}

/** What an error's `data` adds to its message: agents put the cause there. */
function details(data: unknown): string {
  const text = typeof data === "string" ? data : jsonObject(data).details;
  return typeof text === "string" && text !== "" ? `: ${text}` : "";
}

/** One connection. */
export class RpcConnection {
  readonly #handlers: RpcHandlers;
  #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  #ended: { readonly error: unknown } | undefined;

  /** Nothing was said yet. */
  constructor(handlers: RpcHandlers) {
    this.#handlers = handlers;
  }

  /**
   * Asks, and gives the other side's result.
   *
   * @throws {RpcError} if the other side refuses.
   * @throws what `end` was given, if the connection has ended or ends before the answer.
   */
  async request(method: string, params: JsonObject): Promise<unknown> {
    if (this.#ended !== undefined) throw this.#ended.error;
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.#send({ id, method, params });
    return await answer.promise;
  }

  /** Tells something that has no answer. */
  notify(method: string, params: JsonObject): void {
    if (this.#ended === undefined) this.#send({ method, params });
  }

  /** Takes a line of the other side. */
  receive(line: string): void {
    if (this.#ended !== undefined) return;
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      return this.#handlers.onGarbage(line);
    }
    const { id, method, params, result, error } = jsonObject(parsed);
    if (typeof method === "string") {
      if (id === undefined) {
        return this.#handlers.onNotification(method, jsonObject(params));
      }
      return this.#answer(id, method, jsonObject(params));
    }
    const answer = this.#waiting.get(id as number);
    if (answer === undefined || (result === undefined && error === undefined)) {
      return this.#handlers.onGarbage(line);
    }
    this.#waiting.delete(id as number);
    if (error === undefined || error === null) return answer.resolve(result);
    const { code, message, data } = jsonObject(error);
    const { errorKind } = jsonObject(data);
    answer.reject(
      new RpcError(
        typeof code === "number" ? code : INTERNAL_ERROR,
        `${typeof message === "string" ? message : "error"}${details(data)}`,
        typeof errorKind === "string" ? errorKind : "",
      ),
    );
  }

  /** Nothing is asked or taken any more; whoever waits for an answer gets `error`. */
  end(error: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #answer(id: unknown, method: string, params: JsonObject): void {
    const result = this.#handlers.onRequest(method, params);
    this.#send(
      result === undefined
        ? {
          id,
          error: { code: METHOD_NOT_FOUND, message: "Method not found" },
        }
        : { id, result },
    );
  }

  #send(message: JsonObject): void {
    this.#handlers.write(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }
}
