/**
 * The event stream of each workspace (`GET /workspaces/:id/events/stream`).
 *
 * @module
 */

/** Events that a slow reader may lag behind before further ones are dropped, as on the platform. */
const BUFFERED_EVENTS = 64;

const encoder = new TextEncoder();

type Sink = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

/** Who listens to which workspace. */
export class EventHub {
  readonly #nowMs: () => number;
  readonly #sinks = new Map<string, Set<Sink>>();

  /** `nowMs` stamps the events. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Opens a stream; it begins with a ping and has no replay. */
  open(workspaceId: string): ReadableStream<Uint8Array<ArrayBuffer>> {
    const sinks = this.#sinks.get(workspaceId) ?? new Set<Sink>();
    this.#sinks.set(workspaceId, sinks);
    let own: Sink;
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(sink) {
        own = sink;
        sinks.add(sink);
        sink.enqueue(encoder.encode(": ping\n\n"));
      },
      cancel() {
        sinks.delete(own);
      },
    }, { highWaterMark: BUFFERED_EVENTS });
  }

  /** Tells the listeners of a workspace. */
  emit(workspaceId: string, type: string, data: unknown): void {
    const sinks = this.#sinks.get(workspaceId);
    if (sinks === undefined || sinks.size === 0) return;
    const event = { type, timestamp: this.#nowMs(), data };
    const bytes = encoder.encode(`data: ${JSON.stringify(event)}\n\n`);
    for (const sink of sinks) {
      if ((sink.desiredSize ?? 0) > 0) sink.enqueue(bytes);
    }
  }

  /** How many streams of a workspace are open. */
  listeners(workspaceId: string): number {
    return this.#sinks.get(workspaceId)?.size ?? 0;
  }

  /** Ends the streams of one workspace, or all. */
  end(workspaceId?: string): void {
    for (const [id, sinks] of this.#sinks) {
      if (workspaceId !== undefined && id !== workspaceId) continue;
      for (const sink of sinks) sink.close();
      sinks.clear();
    }
  }
}
