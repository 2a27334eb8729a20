/** With the waits of production, in virtual time: how many requests are made where it could be too many. */
import { assert, assertEquals } from "@std/assert";
import { textReply } from "../../mod.ts";
import { connectWith } from "../../src/connect.ts";
import { useDisk } from "../../src/os/disk.ts";
import {
  type Answer,
  NoAnswerError,
  type RequestSpec,
} from "../../src/platform/request.ts";
import { TIMING } from "../../src/timing.ts";
import { Life } from "./life.ts";
import { Random } from "./random.ts";
import { replace, VirtualClock } from "./virtual_clock.ts";
import { VirtualDisk } from "./virtual_disk.ts";
import { VirtualFeed } from "./virtual_feed.ts";
import { lockFile } from "./virtual_lock.ts";

const W = "5b0f6c1e-8a37-4d19-9c42-7e1d3a60b8f4";
const MINUTE_MS = 60_000;

/** A connector, and a platform whose every request is noted with its time. */
class Stage {
  readonly clock: VirtualClock;
  readonly requests: { path: string; at: number }[] = [];
  readonly asked: string[] = [];
  /** How long a turn takes. */
  turnMs = 0;
  /** Whether the platform can be reached. */
  isDown = false;
  readonly #feed: VirtualFeed;
  readonly #disk: VirtualDisk;
  #sent = 0;

  constructor() {
    const random = new Random(1);
    this.clock = new VirtualClock(random);
    this.#feed = new VirtualFeed(this.clock, W);
    this.#disk = new VirtualDisk(this.clock, random, new Life(1), "/state", {
      slowMs: 1,
    });
  }

  /** A person writes. */
  write(): void {
    const n = this.#sent++;
    this.#feed.add({
      id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
      sourceId: null,
      method: "message/send",
      requestBody: {
        params: {
          message: {
            messageId: `m${n}`,
            parts: [{ kind: "text", text: `m${n}` }],
          },
        },
      },
      lateMs: 0,
    });
  }

  #answer({ path, url }: RequestSpec): { status: number; text: string } {
    if (path.endsWith("/activity")) {
      const answer = this.#feed.query(new URL(url).searchParams);
      return answer.is === "page"
        ? { status: 200, text: `[${answer.rows.map((row) => row.json)}]` }
        : { status: 410, text: '{"error":"since_id cursor not found"}' };
    }
    return path === `/workspaces/${W}`
      ? { status: 200, text: JSON.stringify({ id: W, url: "" }) }
      : { status: 200, text: '{"status":"ok"}' };
  }

  async #send(spec: RequestSpec): Promise<Answer> {
    this.requests.push({ path: spec.path, at: this.clock.now });
    await new Promise<void>((resolve) => this.clock.after(5, resolve));
    if (this.isDown) throw new NoAnswerError(spec.path, "refused", false);
    return {
      op: spec.path,
      type: "application/json",
      location: "",
      retryAfterMs: undefined,
      date: Math.floor(this.clock.platformMs / 1_000) * 1_000,
      rateLimit: undefined,
      receivedAt: Date.now(),
      ...this.#answer(spec),
    };
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    let over = false;
    this.clock.after(ms, () => over = true);
    while (!over) await this.clock.step();
  }

  /** How many requests, of those to `path`, were made since `at`. */
  since(at: number, path = ""): number {
    return this.requests.filter((one) =>
      one.at >= at && one.path.includes(path)
    )
      .length;
  }

  /** Runs `act` beside a connector. */
  async run(act: () => Promise<void>): Promise<void> {
    const holder = { life: undefined };
    const undo = replace(Deno, {
      open: () => Promise.resolve(lockFile(this.#disk, holder)),
    });
    using _ = this.clock.install();
    using __ = useDisk(this.#disk);
    try {
      const connecting = connectWith(
        {
          apiUrl: "https://platform.example",
          workspaceId: W,
          token: "t",
          stateDir: "/state",
          backend: {
            name: "slow",
            handle: async (message) => {
              this.asked.push(message.text);
              await new Promise<void>((resolve) =>
                this.clock.after(this.turnMs, resolve)
              );
              return textReply(`re: ${message.text}`); // equal bubbles would keep their distance
            },
          },
        },
        TIMING,
        {
          send: (spec) => this.#send(spec),
          renew: () => {},
          [Symbol.dispose]: () => {},
        },
      );
      await this.pass(1_000);
      const connection = await connecting;
      await act();
      const closing = connection.close({ graceMs: 0 });
      await this.pass(MINUTE_MS);
      await closing;
    } finally {
      undo();
    }
  }
}

Deno.test("an idle connector makes about 62 requests a minute", async () => {
  const stage = new Stage();
  await stage.run(async () => {
    await stage.pass(MINUTE_MS);
    const from = stage.clock.now;
    await stage.pass(10 * MINUTE_MS);
    const each = stage.since(from) / 10;
    assert(each < 70, `${each} a minute`);
  });
});

Deno.test("a turn of five minutes with a message a second arriving: requests stay bounded, and all is answered", async () => {
  const stage = new Stage();
  stage.turnMs = 5 * MINUTE_MS;
  await stage.run(async () => {
    const from = stage.clock.now;
    for (let second = 0; second < 300; second++) {
      stage.write();
      await stage.pass(1_000);
    }
    const each = stage.since(from) / 5;
    assert(each < 130, `${each} a minute`);
    assertEquals(stage.asked.length, 1);
    assert(stage.since(from, "heartbeat") >= 9);
    stage.turnMs = 10;
    await stage.pass(MINUTE_MS);
    assertEquals(stage.asked, Array.from({ length: 300 }, (_, i) => `m${i}`));
  });
});

Deno.test("an outage of an hour costs few requests, and a blink of four seconds costs no minute", async () => {
  const stage = new Stage();
  await stage.run(async () => {
    await stage.pass(MINUTE_MS);
    for (
      const [outageMs, backMs] of [[4_000, 15_000], [60 * MINUTE_MS, 65_000]]
    ) {
      stage.isDown = true;
      const from = stage.clock.now;
      await stage.pass(outageMs!);
      const minutes = Math.max(1, outageMs! / MINUTE_MS);
      assert(stage.since(from) / minutes < 20, `${stage.since(from)} requests`);
      stage.write();
      stage.isDown = false;
      const { length } = stage.asked;
      await stage.pass(backMs!);
      assertEquals(stage.asked.length, length + 1);
    }
  });
});
