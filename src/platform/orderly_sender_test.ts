import { assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { PlatformClient } from "./client.ts";
import { Gate } from "./gate.ts";
import { OrderlySender } from "./orderly_sender.ts";
import {
  type Answer,
  NoAnswerError,
  type RequestSpec,
  type Sender,
} from "./request.ts";
import { W } from "./scripted_platform_test.ts";

const signal = new AbortController().signal;

/** A platform that is away for its first requests. */
class AwayAtFirst implements Sender {
  readonly asked: URL[] = [];
  #away: number;

  constructor(away: number) {
    this.#away = away;
  }

  send(spec: RequestSpec): Promise<Answer> {
    const op = spec.path;
    if (this.#away-- > 0) {
      return Promise.reject(new NoAnswerError(op, "refused", false));
    }
    this.asked.push(new URL(spec.url));
    return Promise.resolve({
      ...{ op, status: 200, type: "application/json", text: "[]" },
      ...{ location: "", retryAfterMs: undefined, rateLimit: undefined },
      ...{ date: undefined, receivedAt: Date.now() },
    });
  }

  renew(): void {}

  [Symbol.dispose](): void {}
}

Deno.test("a window that waits while the platform is away reaches back from when it is sent, and no further than a window may", async () => {
  using time = new FakeTime();
  const now = performance.now;
  performance.now = () => Date.now();
  try {
    const inner = new AwayAtFirst(1);
    // The bound of the wait is drawn from 0 up: this long one makes some of it.
    const gate = new Gate({ backoffBaseMs: 1e9, backoffCapMs: 1e9 });
    using client = new PlatformClient({
      ...{ apiUrl: "https://platform.example", workspaceId: W, token: "t" },
      ...{ origin: "off", timeoutMs: 1_000, redact: (text) => text },
      onInboundSecret: () => {},
    }, new OrderlySender(inner, gate));
    await client.lookUp(W, signal).catch(() => {});
    const read = client.activity({ sinceSecs: 30, limit: 50 }, signal);
    const most = client.activity({ sinceSecs: 2_591_999, limit: 50 }, signal);
    await time.tickAsync(50_000);
    gate.reset();
    await Promise.all([read, most]);
    const secs = inner.asked.map((url) => url.searchParams.get("since_secs"));
    assertEquals(secs, ["80", "2592000"]);
  } finally {
    performance.now = now;
  }
});
