/**
 * The event stream of each workspace (`GET /workspaces/:id/events/stream`).
 *
 * @module
 */

/** Events that a slow reader may lag behind before further ones are dropped, as on the platform. */
const BUFFERED_EVENTS = 64;

const encoder = new TextEncoder();

type Sink = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

type Stream = ReadableStream<Uint8Array<ArrayBuffer>>;

function streamInto(sinks: Set<Sink>): Stream {
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

function enqueue(sinks: Set<Sink> | undefined, event: unknown): void {
  if (sinks === undefined || sinks.size === 0) return;
  const bytes = encoder.encode(`data: ${JSON.stringify(event)}\n\n`);
  for (const sink of sinks) {
    if ((sink.desiredSize ?? 0) > 0) sink.enqueue(bytes);
  }
}

function close(sinks: Set<Sink>): void {
  for (const sink of sinks) sink.close();
  sinks.clear();
}

/** Who listens to which workspace. */
export class EventHub {
  readonly #nowMs: () => number;
  readonly #sinks = new Map<string, Set<Sink>>();
  readonly #watchers = new Set<Sink>();

  /** `nowMs` stamps the events. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Opens a stream; it begins with a ping and has no replay. */
  open(workspaceId: string): Stream {
    const sinks = this.#sinks.get(workspaceId) ?? new Set<Sink>();
    this.#sinks.set(workspaceId, sinks);
    return streamInto(sinks);
  }

  /** Opens a stream of the events of every workspace, which name theirs. */
  openAll(): Stream {
    return streamInto(this.#watchers);
  }

  /** Tells the listeners of a workspace. */
  emit(workspaceId: string, type: string, data: unknown): void {
    const event = { type, timestamp: this.#nowMs(), data };
    enqueue(this.#sinks.get(workspaceId), event);
    enqueue(this.#watchers, { ...event, workspace_id: workspaceId });
  }

  /** How many streams of a workspace are open. */
  listeners(workspaceId: string): number {
    return this.#sinks.get(workspaceId)?.size ?? 0;
  }

  /** Ends the streams of one workspace, or all. */
  end(workspaceId?: string): void {
    if (workspaceId === undefined) close(this.#watchers);
    for (const [id, sinks] of this.#sinks) {
      if (workspaceId !== undefined && id !== workspaceId) continue;
      close(sinks);
    }
  }
}
