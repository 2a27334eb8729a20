/** Whether an agent can work: it is started for it, and asked for a session. */
import { BackendError, reason } from "../../errors.ts";
import { silentLogger } from "../../log.ts";
import type { Readiness } from "../backend.ts";
import { directoryReadiness } from "../command/directory.ts";
import { Agent } from "./agent.ts";
import type { AgentCommand } from "./agent_process.ts";
import { RpcError } from "./connection.ts";
import { inTime } from "../../in_time.ts";

/** What is needed to ask it. */
export interface ReadinessOptions {
  /** How it is started in a directory. */
  readonly start: (cwd: string) => AgentCommand;
  /** Where it is to work; undefined where that is not known yet. */
  readonly cwd: string | undefined;
  /** What to do where nobody is logged in. */
  readonly loginHint: string;
  /** What it is told of a session beyond the protocol. */
  readonly sessionMeta: unknown;
}

/** Starts the agent, asks it for a session, and ends it. @throws the signal's reason. */
export async function agentReadiness(
  { start, cwd, loginHint, sessionMeta }: ReadinessOptions,
  signal: AbortSignal,
): Promise<Readiness> {
  const directory = await directoryReadiness(cwd);
  if (!directory.ready) return directory;
  const empty = cwd === undefined ? await Deno.makeTempDir() : undefined;
  const command = start(cwd ?? empty!);
  const remedy = "run its command by hand to see what it lacks";
  let agent: Agent | undefined;
  try {
    agent = await Agent.start(
      { command, loginHint, sessionMeta, log: silentLogger },
      signal,
    );
    await inTime(agent.newSession(command.cwd), signal);
    return { ready: true };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BackendError) && !(error instanceof RpcError)) {
      throw error;
    }
    return error instanceof BackendError
      ? { ready: false, reason: error.message, remedy: error.hint ?? remedy }
      : {
        ready: false,
        reason: `The agent begins no session: ${reason(error)}`,
        remedy,
      };
  } finally {
    await agent?.end();
    if (empty !== undefined) await Deno.remove(empty, { recursive: true });
  }
}
