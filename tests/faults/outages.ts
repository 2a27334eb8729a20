/** What befalls the platform as a whole, as data: which answers go wrong together, and how that ends. */
import type { ErrorCode } from "../../mod.ts";
import { type Endpoint, type Fault, faults } from "../../src/testing/mod.ts";
import type { Bench } from "../harness.ts";

/** Ends an outage. */
type Ending = () => void | Promise<void>;

/** An outage. */
export interface Outage {
  readonly name: string;
  /** For operators. */
  readonly meanwhile: string;
  /** For operators. */
  readonly end: string;
  /** Begins it; what comes back ends it, where it ends. */
  readonly begin: (bench: Bench) => Ending | Promise<Ending>;
  /** The code with which the connection ends; absent where it goes on. */
  readonly code?: ErrorCode;
  /** The platform says that it took answers, and loses them. */
  readonly losesAnswers?: boolean;
  /** How long it lasts at least, in requests to this endpoint that it spoils. */
  readonly until?: readonly [Endpoint, number];
}

function answers(code: number, error: string): Fault {
  return faults.status(code, { body: { error } });
}

const BAD_TOKEN = answers(401, "invalid workspace auth token");

/** Puts faults in force on several endpoints at once. */
function together(
  spoilt: Partial<Record<Endpoint, Fault>>,
): Outage["begin"] {
  return ({ sandbox }) => {
    const scripted = (Object.entries(spoilt) as [Endpoint, Fault][]).map((
      [endpoint, fault],
    ) => sandbox.fault(endpoint, fault, { times: Infinity }));
    return () => scripted.forEach((fault) => fault.remove());
  };
}

/** Every one of them. */
export const OUTAGES: readonly Outage[] = [
  {
    name:
      "The platform is down: connections are refused, or its name does not resolve",
    meanwhile:
      "Tried again: one request at a time asks, and everything else waits for it",
    end:
      "recovers by itself once it was connected; at a start, five attempts within eight seconds, then exit code 6, after which a service manager should start it again",
    begin: ({ sandbox }) => {
      const down = sandbox.goDown();
      return async () => {
        await down;
        await sandbox.comeBack();
      };
    },
  },
  {
    name:
      "Token table unreadable: feed, answers and notices are 401, the rest is well",
    meanwhile:
      "After a minute the workspace is looked up and registered with success, so the 401 is taken for a passing one; answers wait, and none is given up",
    end: "recovers by itself",
    begin: together({
      activity: BAD_TOKEN,
      notify: BAD_TOKEN,
      a2a: answers(401, "invalid caller auth token"),
    }),
    until: ["activity", 20],
  },
  {
    name:
      "Whole database away: feed and notices 401, answers to peers 401, the rest 500",
    meanwhile: "The look-up says 500, so the 401 proves nothing; tried again",
    end: "recovers by itself",
    begin: together({
      activity: BAD_TOKEN,
      notify: BAD_TOKEN,
      a2a: answers(401, "invalid caller auth token"),
      register: answers(500, "registration failed"),
      heartbeat: answers(500, "failed to update"),
      workspace: answers(500, "query failed"),
    }),
    until: ["activity", 20],
  },
  {
    name:
      "Whole database away on an older server: answers to peers 403 `access denied`",
    meanwhile:
      "The look-up says 500, so neither the 401 nor the 403 proves anything; tried again",
    end: "recovers by itself",
    begin: together({
      activity: BAD_TOKEN,
      notify: BAD_TOKEN,
      a2a: answers(
        403,
        "access denied: workspaces cannot communicate per hierarchy rules",
      ),
      register: answers(500, "registration failed"),
      heartbeat: answers(500, "failed to update"),
      workspace: answers(500, "query failed"),
    }),
    until: ["activity", 20],
  },
  {
    name:
      "Log table unreadable: answers are said to be taken, and no row appears",
    meanwhile: "The feed is 500 and tried again",
    end:
      "recovers by itself; answers that the platform took and lost are its own loss",
    begin: together({
      activity: answers(500, "query failed"),
      notify: faults.status(200, { body: { status: "sent" } }),
      a2a: faults.status(200, {
        body: { status: "queued", delivery_mode: "poll" },
      }),
    }),
    losesAnswers: true,
    until: ["activity", 5],
  },
  {
    name: "Every token revoked (heartbeats stay 200)",
    meanwhile:
      "After a minute of 401 the workspace is registered again, which mints a token; it is kept",
    end: "recovers by itself, with the minted token",
    begin: ({ sandbox, agent }) => {
      sandbox.revokeTokens(agent.id);
      return () => {};
    },
  },
  {
    name: "Token rotated",
    meanwhile: "After a minute of 401 registering is refused as well",
    end: "ends with exit code 3",
    begin: ({ sandbox, agent }) => {
      sandbox.rotateToken(agent.id);
      return () => {};
    },
    code: "TOKEN_REFUSED",
  },
  {
    name: "Workspace removed",
    meanwhile: "Heartbeats are still answered 200; the look-up tells",
    end: "ends with exit code 4",
    begin: ({ sandbox, agent }) => {
      sandbox.removeWorkspace(agent.id);
      return () => {};
    },
    code: "WORKSPACE_GONE",
  },
  {
    name: "Workspace paused",
    meanwhile: "Messages come and are answered all the same",
    end: "nothing to recover from; a heartbeat does not end the pause",
    begin: async ({ sandbox, agent }) => {
      await call(sandbox.url, agent, "pause");
      return () => call(sandbox.url, agent, "resume");
    },
  },
];

async function call(
  url: string,
  agent: Bench["agent"],
  what: "pause" | "resume",
): Promise<void> {
  const answer = await fetch(`${url}/workspaces/${agent.id}/${what}`, {
    method: "POST",
    headers: { authorization: `Bearer ${agent.token}` },
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`${what}: HTTP ${answer.status}`);
}
