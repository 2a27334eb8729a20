/** A platform with a person, a peer that polls and one that is pushed to; a connector that is killed; and the accounts. */
import { assert, assertEquals } from "@std/assert";
import { derivedId } from "../../src/delivery/ids.ts";
import { faults, Sandbox } from "../../src/testing/mod.ts";
import type { State } from "../../src/state/state.ts";
import { QUICK } from "../harness.ts";
import type { CrashJob, Kill, Told } from "./child.ts";
import { expectedOf } from "./expected.ts";
import { Kept } from "./kept.ts";
import { Life } from "./life.ts";
import { pushedAgent } from "./pushed_agent.ts";
import { STOPPED_REPLY } from "../../src/delivery/stops.ts";
import { answerTo, isAnswer, isStopped, MENDED, turnsOf } from "./script.ts";
import type { Sender, Sent } from "./sent.ts";
import { verifySessions } from "./sessions.ts";

/** Longest wait for something that has to come. */
const PATIENCE_MS = 60_000;

/** When a part of the senders' script runs: as soon as a child told this, or as it died before that. */
type Cue = (told: Told) => boolean;

interface Act {
  readonly cue: Cue;
  readonly play: () => Promise<unknown>;
}

/** Everything that a crash suite needs; `verify()` keeps the accounts. */
export class Stage implements AsyncDisposable {
  /** What was sent, in order. */
  readonly sent: Sent[] = [];
  /** Every life so far. */
  readonly lives: Life[] = [];
  /** For each life that was killed: the rows whose turns it had counted and not finished, by what its files say. */
  readonly cutRows: string[][] = [];
  /** For each life: the rows whose turns it had begun and not finished, by what its files say. */
  readonly openRows: string[][] = [];
  readonly kept: Kept;
  #acts: Act[] = [];
  /** Acts that wait for their cue, or play. */
  #toPlay = 0;
  #playing: Promise<unknown> = Promise.resolve();
  #handledBefore = new Set<string>();
  #attemptsBefore: NonNullable<State["attempts"]> = {};
  #askedAgain: string[] = [];
  readonly job: CrashJob;

  private constructor(
    readonly sandbox: Sandbox,
    readonly agent: { readonly id: string; readonly token: string },
    readonly peers: Readonly<Record<Sender, string>>,
    readonly pushed: Deno.HttpServer,
    job: Omit<CrashJob, "url" | "id" | "token">,
  ) {
    this.job = { ...agent, url: sandbox.url, ...job };
    this.kept = new Kept(job.stateDir, agent.id);
  }

  /** Sets it up; nothing was sent yet, and no connector runs. */
  static async set(wish: Partial<CrashJob> = {}): Promise<Stage> {
    const sandbox = await Sandbox.start();
    const root = sandbox.createWorkspace({ name: "root" });
    const under = { parentId: root.id };
    const pushed = pushedAgent();
    const { port } = pushed.addr as Deno.NetAddr;
    const url = `http://127.0.0.1:${port}/`;
    const peers = {
      poll: sandbox.createWorkspace({ name: "peer", ...under }).id,
      push: sandbox.createWorkspace({ name: "pushed", url, ...under }).id,
      refusing: sandbox.createWorkspace({ name: "refusing", ...under }).id,
      person: "",
      channel: "",
    };
    const agent = sandbox.createWorkspace({ name: "agent", ...under });
    return new Stage(sandbox, agent, peers, pushed, {
      stateDir: await Deno.makeTempDir(),
      concurrency: 1,
      maxAttempts: 1_000,
      sinceSecs: 30,
      turnMs: 0,
      isSick: false,
      graceMs: 30_000,
      echoAfterMs: QUICK.echoAfterMs,
      ...wish,
    });
  }

  /** Sends a message; `behind` a row means that it stands right behind that one in the feed, however late it comes. */
  async send(
    from: Sender,
    text: string,
    wish: {
      readonly context?: string;
      readonly behind?: Sent;
      readonly agoMs?: number;
      /** The address of a file that comes with it. */
      readonly file?: string;
    } = {},
  ): Promise<Sent> {
    const { sandbox, agent, peers } = this;
    const context = wish.context ?? from;
    const before = sandbox.rows(agent.id)
      .find((row) => row.id === wish.behind?.row);
    const options = {
      contextId: context,
      ...(wish.agoMs === undefined
        ? {}
        : { createdAt: sandbox.time(wish.agoMs) }),
      ...(before === undefined ? {} : { createdAt: before.created_at }),
    };
    const file = { kind: "file", file: { name: "a.txt", uri: wish.file } };
    const content = wish.file === undefined
      ? text
      : [{ kind: "text", text }, file];
    const row = from === "person"
      ? await sandbox.sendAsHuman(agent.id, content, options)
      : from === "channel"
      ? await sandbox.sendAsChannel(agent.id, text, {
        ...options,
        channelId: context,
      })
      : await sandbox.sendAsPeer(peers[from], agent.id, text, options);
    const sent = { row, from, context, text };
    this.sent.push(sent);
    return sent;
  }

  /** Plays `play` when a child tells `cue`, or when one dies before. Acts are played one after the other. */
  when(cue: Cue, play: () => Promise<unknown>): void {
    this.#acts.push({ cue, play });
    this.#toPlay++;
  }

  #onTold(told: Told): void {
    if (
      told.type === "asked" && this.#handledBefore.has(told.row) &&
      !told.text.startsWith(MENDED)
    ) this.#askedAgain.push(told.text);
    while (this.#acts[0]?.cue(told)) this.#playNext();
  }

  #playNext(): void {
    const { play } = this.#acts.shift()!;
    this.#playing = this.#playing.then(play).then(() => this.#toPlay--);
  }

  /** Whether, by what is saved, nothing is left to do. */
  get isDone(): boolean {
    const { state, handled } = this.kept;
    return this.#toPlay === 0 && state !== undefined &&
      state.outbox?.length === 0 &&
      Object.keys(state.attempts ?? {}).length === 0 &&
      this.kept.retries.length === 0 && (state.retried ?? []).length === 0 &&
      this.sent.every(({ row }) => handled.has(row));
  }

  /** Resolves when `is` is true, or `life` has ended. Rejects where neither happens. */
  async until(is: () => boolean, life: Life): Promise<void> {
    const given = new AbortController();
    const waiting = this.sandbox.waitFor(is, {
      signal: given.signal,
      timeoutMs: PATIENCE_MS,
    });
    try {
      await Promise.race([waiting, life.ended]);
    } catch (cause) {
      const last = life.told.slice(-40).map((told) => JSON.stringify(told));
      throw new Error(`waited in vain for ${is}; told: ${last.join("\n")}`, {
        cause,
      });
    } finally {
      given.abort();
      await waiting.catch(() => {}); // where the life ended first
    }
  }

  /** Starts a life; `end()` ends it. */
  begin(kill: Kill | undefined, wish: Partial<CrashJob> = {}): Life {
    this.#handledBefore = this.kept.handled;
    this.#attemptsBefore = this.kept.state?.attempts ?? {};
    const job = {
      ...this.job,
      ...wish,
      ...(kill === undefined ? {} : { kill }),
    };
    const life = new Life(job, (told) => this.#onTold(told));
    this.lives.push(life);
    return life;
  }

  /** A life that ends at `kill`, or at its stop when there is nothing left to do; says whether it was killed. */
  async live(
    kill: Kill | undefined,
    wish: Partial<CrashJob> = {},
  ): Promise<boolean> {
    const life = this.begin(kill, wish);
    await this.until(() => this.isDone, life);
    return await this.end(life, kill);
  }

  /** Stops `life` unless it has been killed, and notes what its files say then; says whether it was killed. */
  async end(life: Life, kill: Kill | undefined): Promise<boolean> {
    const { signal, code } = await life.stop();
    while (this.#acts.length > 0) this.#playNext();
    await this.#playing;
    const { handled } = this.kept;
    this.openRows.push(
      life.all("asked").map(({ row }) => row).filter((row) =>
        !handled.has(row)
      ),
    );
    const [killed] = life.all("killed");
    if (signal === null) {
      assertEquals(code, 0, JSON.stringify(life.told.at(-1)));
      return false;
    }
    assertEquals(signal, "SIGKILL");
    if (kill !== undefined) assertEquals(killed?.nth, kill.nth);
    const attempts = Object.entries(this.kept.state?.attempts ?? {});
    this.cutRows.push(
      attempts.filter(([row, { n }]) => n > (this.#attemptsBefore[row]?.n ?? 0))
        .map(([row]) => row),
    );
    return true;
  }

  /** A life that finds nothing to do, looks a while, and is stopped. */
  async idle(): Promise<void> {
    const life = this.begin(undefined);
    await this.until(() => life.all("heartbeat").length > 3, life);
    await this.end(life, undefined);
    assertEquals(life.all("asked"), [], "an idle life asked the back end");
  }

  /** How often a kill hit the turn of `row`. */
  #cuts(row: string): number {
    const again = derivedId(this.agent.id, row, "retry", 1);
    return this.cutRows.filter((rows) =>
      rows.includes(row) || rows.includes(again)
    ).length;
  }

  /** What each answered message should have brought, given up ones included. */
  #expected(sent: readonly Sent[]): string[] {
    const given = new Set(this.kept.deadLetters("message"));
    return sent.flatMap((one) => expectedOf(one, given, this.job));
  }

  /** Nothing lost, nothing twice, everything in order, and nothing left behind. */
  verify(): void {
    const { sandbox, agent, peers, kept } = this;
    assert(this.isDone, "something is left to do");
    assertEquals(this.#askedAgain, [], "asked again for what was saved");
    const contexts = Map.groupBy(
      this.sent,
      ({ from, context }) => `${from} ${context}`,
    );
    for (const sent of contexts.values()) {
      const { from, context } = sent[0]!;
      const expected = this.#expected(sent);
      if (from === "person") continue;
      if (from === "refusing") {
        const rows = sent.map(({ row }) => row);
        assertEquals(kept.deadLetters("reply"), rows, "refused answers");
        continue;
      }
      const got = from === "channel"
        ? sandbox.channelMessages(agent.id)
          .filter(({ channelId }) => channelId === context)
        : sandbox.messagesTo(peers[from])
          .filter((message) => message.contextId === context);
      const texts = got.map((message) => message.text).filter(isAnswer);
      if (from === "poll") assertEquals(texts, expected, `to ${context}`);
      else this.#verifyOnceAtMost(texts, expected);
    }
    this.#verifyBubbles(sandbox.notifies(agent.id).filter(isAnswer), contexts);
    this.#verifyTurns();
    verifySessions(this.sent, this.lives);
    assertEquals(kept.leftovers, [], "left behind");
  }

  /**
   * A peer that is pushed to, and a channel, may miss what was on its way in a kill, or when its answer was cut; they get
   * nothing twice.
   */
  #verifyOnceAtMost(got: readonly string[], expected: readonly string[]): void {
    let at = 0;
    for (const text of got) {
      at = expected.indexOf(text, at) + 1;
      assert(at > 0, `twice, or out of order: ${got}`);
    }
    const perhaps = this.lives.flatMap((life) => life.all("delivered"))
      .filter((delivered) => !delivered.certain).length;
    const missing = expected.length - got.length;
    const kills = this.cutRows.length;
    assert(
      missing <= perhaps + kills && (missing === 0 || perhaps > 0 || kills > 0),
      `${missing} lost on the way: ${got}`,
    );
  }

  #verifyBubbles(
    shown: readonly string[],
    contexts: ReadonlyMap<string, readonly Sent[]>,
  ): void {
    const people = this.sent.filter(({ from }) => from === "person");
    const all = this.#expected(people);
    const told = people.some(({ text }) => isStopped(text)) // once for all
      ? [STOPPED_REPLY]
      : [];
    assertEquals(shown.toSorted(), [...all, ...told].toSorted(), "bubbles");
    for (const sent of contexts.values()) {
      if (sent[0]!.from !== "person") continue;
      // Texts that others have too say nothing about order between conversations.
      const own = this.#expected(sent).filter((text) =>
        all.indexOf(text) === all.lastIndexOf(text)
      );
      assertEquals(shown.filter((text) => own.includes(text)), own);
    }
    if (new Set(people.map(({ context }) => context)).size === 1) {
      assertEquals(shown.filter((text) => !told.includes(text)), all, "order");
    }
  }

  /** A turn runs again only where a kill hit it; a message is given up only where that happened too often. */
  #verifyTurns(): void {
    const asked = this.lives.flatMap((life) => life.all("asked"));
    const given = this.kept.deadLetters("message");
    const { maxAttempts } = this.job;
    for (const { row, text } of this.sent) {
      const turns = asked.filter((one) => one.row === row).length;
      const cuts = this.#cuts(row);
      if (isStopped(text)) {
        assert(turns <= 1 + cuts, `${text} was asked ${turns} times`);
      } else if (answerTo(text) === undefined) {
        assert(turns <= maxAttempts, `${text} was asked ${turns} times`);
        assertEquals(given.filter((one) => one === row), [row]);
      } else if (text.startsWith(MENDED)) {
        assert(turns <= maxAttempts + 1 + cuts, `${text}: ${turns} turns`);
        assert(!given.includes(row), `${text} is still given up`);
      } else {
        const open = this.openRows.filter((rows) => rows.includes(row)).length;
        assert(turns <= turnsOf(text) + open, `${text}: ${turns}, cut ${open}`);
        const isGiven = given.includes(row);
        assertEquals(isGiven, cuts >= maxAttempts, `${text}: ${cuts} kills`);
      }
    }
    assertEquals(
      given.filter((row) => !this.sent.some((sent) => sent.row === row)),
      [],
    );
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const life of this.lives) life.kill();
    for (const life of this.lives) await life.stop();
    await this.#playing;
    await this.sandbox.close();
    await this.pushed.shutdown();
    await Deno.remove(this.job.stateDir, { recursive: true });
  }

  /**
   * Twelve messages of three conversations, a third of them a person's: six before the connector starts, six while it
   * works, the last one shown behind a row that was there before it. Every second bubble is shown with its answer cut,
   * and one answer of each peer's. Two of the person's messages begin with `kind`.
   */
  async castOfTwelve(kind = "text"): Promise<void> {
    const { sandbox, peers } = this;
    let bubbles = 0;
    sandbox.fault("notify", faults.cut(), {
      times: Infinity,
      when: () => bubbles++ % 2 === 0,
    });
    for (const peer of [peers.poll, peers.push]) {
      sandbox.fault("a2a", faults.cut(), {
        when: ({ workspaceId }) => workspaceId === peer,
      });
    }
    await this.send("poll", "p1");
    await this.send("push", "q1");
    await this.send("person", `${kind} h1`);
    await this.send("person", "long h2");
    await this.send("poll", "long p2");
    await this.send("push", "q2");
    let late: Sent | undefined;
    this.when((told) => told.type === "asked", async () => {
      await this.send("poll", "p3");
      await this.send("person", `${kind} h3`);
      late = await this.send("poll", "p4");
      await this.send("person", "h4");
      await this.send("poll", "p5");
    });
    this.when(
      (told) => told.type === "message" && told.text === "p4",
      () => this.send("push", "q3", { behind: late! }),
    );
  }
}
