/** What happens around a kill: each scenario leads past steps that the others do not see. */
import { assert, assertEquals } from "@std/assert";
import { makePrivateDir, replaceFile } from "../../src/os/files.ts";
import { processFacts } from "../../src/os/process_facts.ts";
import { seal } from "../../src/state/checksum.ts";
import { saveState, type State } from "../../src/state/state.ts";
import { faults } from "../../src/testing/mod.ts";
import { isWaitText } from "../../src/delivery/wait_text.ts";
import type { CrashJob } from "./child.ts";
import {
  BEFORE_STOP,
  BRING,
  BROUGHT,
  ENDLESS,
  FILE,
  HUGE,
  MENDED,
  POISON,
  RESET,
  SAME,
  SPAWN,
  STORM,
} from "./script.ts";
import type { Stage } from "./stage.ts";

/** What happens around a kill. */
export interface Scenario {
  readonly name: string;
  /** What the connector is told that the others are not. */
  readonly wish?: Partial<CrashJob>;
  /** Everything that stands, or is to come, before the first life. */
  prepare(stage: Stage): Promise<void>;
  /** What a person has to put right before the next life. */
  readonly mend?: (stage: Stage) => Promise<void> | void;
  /** What has to be true at the end, besides what always has to be. */
  readonly check?: (stage: Stage) => void | Promise<void>;
}

/** Twelve messages, and nothing special. */
export const usual: Scenario = {
  name: "twelve messages",
  prepare: (stage) => stage.castOfTwelve(),
};

/**
 * Some of the person's answers are equal. They are told apart by time, and the platform tells its own to the second: so
 * much apart they have to be here, too.
 */
export const equalTexts: Scenario = {
  name: "equal answers to a person",
  wish: { echoAfterMs: 2_500 },
  prepare: (stage) => stage.castOfTwelve(SAME),
};

/** The workspace has no token yet: register mints it. */
export const firstStart: Scenario = {
  name: "a first start without a token",
  wish: { token: "" },
  prepare: async (stage) => {
    stage.sandbox.revokeTokens(stage.agent.id);
    await stage.castOfTwelve();
  },
  // The platform never says a minted token again: one that was not saved yet is a matter for its operator.
  mend: async ({ sandbox, agent, kept }) => {
    const isSaved = await Deno.stat(kept.paths.token)
      .then(() => true, () => false);
    if (!isSaved) sandbox.revokeTokens(agent.id);
  },
};

/** Two messages that no back end answers. */
export const poison: Scenario = {
  name: "messages that always fail",
  wish: { maxAttempts: 3 },
  prepare: async (stage) => {
    await stage.send("poll", `${POISON} p0`);
    await stage.send("person", `${POISON} h0`);
    await stage.castOfTwelve();
  },
};

/** A peer that takes no answer, and never will. */
export const refusingPeer: Scenario = {
  name: "a peer that refuses its answer",
  prepare: async (stage) => {
    const { sandbox, peers } = stage;
    await stage.send("refusing", "long r1");
    sandbox.fault("a2a", faults.status(422), {
      times: Infinity,
      when: ({ workspaceId }) => workspaceId === peers.refusing,
    });
    await stage.castOfTwelve();
  },
};

/** What a connector that ran before left. */
async function stateOfBefore(
  { job: { stateDir, id } }: Stage,
  has: Partial<State>,
): Promise<void> {
  await saveState(stateDir, {
    workspace_id: id,
    last_since_id: "",
    settled_since_id: "",
    settled_at: Date.now() - 5_000,
    floor: Date.now() - 60_000,
    attempts: {},
    handled: [],
    handled_files: [0, 0],
    outbox: [],
    ...has,
  });
}

/** The platform does not know the saved cursor any more. */
export const lostCursor: Scenario = {
  name: "a cursor that was pruned",
  prepare: async (stage) => {
    const pruned = crypto.randomUUID();
    await stateOfBefore(stage, {
      last_since_id: pruned,
      settled_since_id: pruned,
    });
    await stage.castOfTwelve();
  },
};

/** Of so many handled rows that they fill files of their own, one of which is so old that it is dropped. */
export const manyRows: Scenario = {
  name: "more handled rows than one file holds",
  prepare: async (stage) => {
    const { sandbox, agent, kept } = stage;
    const old = Date.now() - 3_600_000;
    await makePrivateDir(kept.paths.handled);
    await replaceFile(
      `${kept.paths.handled}/0.json`,
      seal({ rows: [[crypto.randomUUID(), old, ""]] }),
    );
    await stateOfBefore(stage, { handled_files: [0, 1] });
    for (let i = 0; i < 300; i++) {
      sandbox.insertRow(agent.id, { method: "notice", summary: `notice ${i}` });
    }
    await stage.castOfTwelve();
  },
};

/** A row that shows up behind one which the connector already settled on. */
export const veryLateRow: Scenario = {
  name: "a row that is shown very late",
  prepare: async (stage) => {
    await stage.castOfTwelve();
    const [first] = stage.sent;
    stage.when(
      ({ type }) => type === "heartbeat" && hasSettledBeyond(stage),
      () => stage.send("poll", "z1", { context: "late", behind: first! }),
    );
  },
};

function hasSettledBeyond({ kept, sandbox, agent }: Stage): boolean {
  const settled = kept.state?.settled_since_id;
  return sandbox.rows(agent.id).findIndex(({ id }) => id === settled) > 0;
}

/** Somebody stops the connector while there is work. */
export const stoppedMidway: Scenario = {
  name: "a stop in the middle",
  prepare: async (stage) => {
    await stage.castOfTwelve();
    stage.when(({ type }) => type === "answered", () => {
      stage.lives.at(-1)!.askToStop();
      return Promise.resolve();
    });
  },
};

/** The state file is damaged; what stands beside it is not. */
export const damagedState: Scenario = {
  name: "a damaged state file",
  prepare: async (stage) => {
    const { kept, kept: { paths } } = stage;
    kept.damage = '{"workspace_id":"';
    await makePrivateDir(paths.dir);
    await replaceFile(paths.state, kept.damage);
    await makePrivateDir(paths.replies);
    await replaceFile(`${paths.replies}/${crypto.randomUUID()}.json`, "old");
    await stage.castOfTwelve();
  },
};

/** An answer with a file, whose upload is taken with its answer cut. */
export const fileOut: Scenario = {
  name: "an answer with a file",
  prepare: async (stage) => {
    stage.sandbox.fault("uploads", faults.cut());
    await stage.send("person", `${FILE} f1`);
    await stage.send("person", `${FILE} f2`);
    await stage.castOfTwelve();
  },
  check: ({ sandbox, agent }) => {
    const attached = sandbox.rows(agent.id).map(({ response_body: body }) =>
      body as { result?: string; parts?: unknown[] } | undefined
    ).filter((body) => body?.result?.startsWith(`re: ${FILE}`));
    assertEquals(attached.map((body) => body?.parts?.length), [1, 1]);
  },
};

/** Messages with a file that has to be fetched first, which does not work at once. */
export const fileIn: Scenario = {
  name: "messages with a file",
  prepare: async (stage) => {
    const { sandbox, agent } = stage;
    sandbox.fault("download", faults.cut());
    const bring = async (name: string) => {
      const bytes = new TextEncoder().encode(BROUGHT);
      const [file] = sandbox.uploadAsHuman(agent.id, [
        { name: "a.txt", mimeType: "text/plain", bytes },
      ]);
      await stage.send("person", `${BRING} ${name}`, { file: file! });
    };
    await bring("f1");
    await bring("f2");
    await stage.castOfTwelve();
    // A file is called handled once, so the one of a message that was answered right before a kill never is.
    await bring("f3");
  },
};

/** Two messages and an answer that were given up, and that an operator wants tried again. */
export const retried: Scenario = {
  name: "dead letters that are tried again",
  wish: { maxAttempts: 3 },
  prepare: async (stage) => {
    const { sandbox, kept: { paths } } = stage;
    const refused = "refused m3";
    sandbox.fault("a2a", faults.status(422), {
      when: ({ text }) => text.includes(refused),
    });
    await stage.send("poll", `${MENDED} m1`, { context: "mended" });
    await stage.send("person", `${MENDED} m2`, { context: "mended" });
    await stage.send("poll", refused, { context: "refused" });
    await stage.live(undefined, { isSick: true });
    await Deno.rename(paths.dead, paths.retry);
    await stage.castOfTwelve();
  },
};

/** A peer and a person who each begin a new session of their conversation. */
export const begunAnew: Scenario = {
  name: "conversations that begin anew",
  wish: { resetCommand: RESET },
  prepare: async (stage) => {
    await stage.castOfTwelve();
    for (const from of ["poll", "person"] as const) {
      await stage.send(from, RESET);
      await stage.send(from, `${from} after it`);
    }
  },
  check: ({ lives }) => {
    const asked = lives.flatMap((life) => life.all("asked"));
    for (const from of ["poll", "person"]) {
      const after = asked.find(({ text }) => text === `${from} after it`)!;
      assertEquals([after.fresh, after.seen], [true, []]);
    }
  },
};

/** A back end that is overloaded while messages wait. */
export const overloaded: Scenario = {
  name: "a back end that is overloaded",
  wish: { weatherTellMs: 0 },
  prepare: async (stage) => {
    await stage.send("poll", `${STORM} s1`);
    await stage.send("person", `${STORM} s2`);
    await stage.castOfTwelve();
  },
  check: ({ sandbox, agent, peers }) => {
    const told = sandbox.messagesTo(peers.poll)
      .filter(({ text }) => isWaitText(text))
      .map(({ metadata }) => metadata.in_reply_to);
    assert(told.length > 0, "no peer was told that it waits");
    assertEquals(told.length, new Set(told).size, "told twice");
    const people = sandbox.notifies(agent.id).filter(isWaitText).length;
    assert(people >= 1 && people <= 5, `people were told ${people} times`);
  },
};

/** A person presses Stop while one message runs and another one waits. */
export const pressedStop: Scenario = {
  name: "a person's Stop",
  prepare: async (stage) => {
    const { sandbox, agent } = stage;
    await stage.send("person", `${ENDLESS} h1`);
    await stage.send("person", `${BEFORE_STOP} h2`);
    await stage.send("poll", "p1");
    stage.when(({ type }) => type === "asked", async () => {
      await sandbox.stop(agent.id);
      await stage.send("person", "h3");
      await stage.send("poll", "p2");
    });
  },
  check: ({ lives }) => {
    const asked = lives.flatMap((life) => life.all("asked"));
    assert(!asked.some(({ text }) => text.startsWith(BEFORE_STOP)));
  },
};

/** Somebody stops the connector and grants a running turn no time. */
export const cutByStop: Scenario = {
  name: "a stop that cuts a turn",
  wish: { graceMs: 0, turnMs: 150 },
  prepare: async (stage) => {
    await stage.castOfTwelve();
    stage.when(({ type }) => type === "asked", () => {
      stage.lives.at(-1)!.askToStop();
      return Promise.resolve();
    });
  },
};

/** A turn with a process of its own, which a kill leaves running. */
export const processLeft: Scenario = {
  name: "a process that outlives the connector",
  prepare: async (stage) => {
    await stage.send("poll", `${SPAWN} p0`);
    await stage.castOfTwelve();
  },
  check: async ({ lives }) => {
    const spawned = lives.flatMap((life) => life.all("spawned"));
    assert(spawned.length > 1, "no kill left a process");
    for (const { pid } of spawned) {
      assertEquals(await processFacts(pid), undefined, `${pid} still runs`);
    }
  },
};

/** Messages of two outside channels; the first answer to one of them is taken with its own answer cut. */
export const outsideChannel: Scenario = {
  name: "outside channels",
  prepare: async (stage) => {
    stage.sandbox.fault("channel", faults.cut());
    for (const text of ["c1", "c2", "long c3"]) {
      await stage.send("channel", text, { context: "telegram" });
    }
    await stage.send("channel", "d1", { context: "slack" });
    await stage.castOfTwelve();
  },
};

/** Answers that are too long for a bubble, on a platform that takes no uploads. */
export const longAnswer: Scenario = {
  name: "answers of several bubbles",
  prepare: async (stage) => {
    stage.sandbox.fault("uploads", faults.status(422), { times: Infinity });
    await stage.send("person", `${HUGE} h5`);
    await stage.send("person", `${HUGE} h6`);
    await stage.castOfTwelve();
  },
};

/** A person whom the operator's rules refuse. The refusals are equal, and so have to be apart. */
export const refusedPerson: Scenario = {
  name: "a person who may not ask",
  wish: { allowOrigins: ["peer"], echoAfterMs: 2_500 },
  prepare: async (stage) => {
    stage.sandbox.fault("notify", faults.cut());
    await stage.send("person", "h1");
    await stage.send("poll", "p1");
    await stage.send("person", "h2");
  },
};
