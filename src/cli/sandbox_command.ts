/** `molecule sandbox`: a platform in the box, with a small organisation to play with. */
import { UsageError } from "../errors.ts";
import { Sandbox } from "../sandbox/sandbox.ts";
import type { NewCredentials } from "../sandbox/sandbox_options.ts";
import { EXIT } from "./exit_codes.ts";
import type { CliIo } from "./io.ts";
import { SANDBOX_FLAGS } from "./options.ts";
import type { ParsedLine } from "./parse.ts";
import { readFlags } from "./read.ts";

/** What somebody needs to know to use the sandbox. */
interface Demo {
  readonly url: string;
  readonly adminToken: string;
  readonly agent: NewCredentials;
  readonly peer: NewCredentials;
  /** What to type to start this program. */
  readonly program: string;
}

function curl(path: string, headers: readonly string[], body?: unknown) {
  return [
    `curl -sS '${path}'`,
    ...headers.map((header) => `-H '${header}'`),
    ...(body === undefined ? [] : [
      "-H 'Content-Type: application/json'",
      `-d '${JSON.stringify(body)}'`,
    ]),
  ].join(" ");
}

function message(text: string): unknown {
  return {
    jsonrpc: "2.0",
    id: "1",
    method: "message/send",
    params: { message: { role: "user", parts: [{ kind: "text", text }] } },
  };
}

/** What the command prints: the addresses first, then lines to paste. */
export function demoLines(demo: Demo): string[] {
  const { url, agent, peer } = demo;
  const toAgent = `${url}/workspaces/${agent.id}/a2a`;
  const bearer = (token: string) => `Authorization: Bearer ${token}`;
  return [
    `Sandbox platform:  ${url}`,
    `Admin token:       ${demo.adminToken}`,
    `Workspace "agent": ${agent.id}`,
    `            token: ${agent.token}`,
    `Workspace "peer":  ${peer.id}`,
    `            token: ${peer.token}`,
    "",
    "Connect to it:",
    `${demo.program} connect ${agent.id} --api-url ${url} --token=${agent.token} --backend mock`,
    "",
    "Write to the agent as a person:",
    curl(toAgent, [bearer(demo.adminToken)], message("Hello")),
    "",
    "Write to the agent as the peer, and read the peer's feed:",
    curl(
      toAgent,
      [bearer(peer.token), `X-Workspace-ID: ${peer.id}`],
      message("Hello"),
    ),
    curl(`${url}/workspaces/${peer.id}/activity`, [
      bearer(peer.token),
      `X-Workspace-ID: ${peer.id}`,
    ]),
    "",
    "All of it is gone when the sandbox stops: Ctrl-C.",
  ];
}

async function start(
  port: number | undefined,
  adminToken: string | undefined,
): Promise<Sandbox> {
  try {
    return await Sandbox.start({ port, adminToken });
  } catch (error) {
    if (
      error instanceof Deno.errors.AddrInUse ||
      error instanceof Deno.errors.PermissionDenied
    ) {
      throw new UsageError(
        `--port "${port}" cannot be used (${error.message})`,
        "give another one, or leave it out",
        error,
      );
    }
    throw error;
  }
}

/** Runs the command until a stop signal comes. */
export async function sandboxCommand(
  line: ParsedLine,
  io: CliIo,
): Promise<number> {
  const flags = readFlags(SANDBOX_FLAGS, line, (name) => io.env(name));
  const stopped = Promise.withResolvers<void>();
  const release = io.onStopSignal(() => stopped.resolve());
  try {
    const sandbox = await start(flags.port, flags["admin-token"]);
    try {
      const parent = sandbox.createWorkspace({ name: "demo" });
      const agent = sandbox.createWorkspace({
        name: "agent",
        parentId: parent.id,
      });
      const peer = sandbox.createWorkspace({
        name: "peer",
        parentId: parent.id,
      });
      const { url, adminToken } = sandbox;
      const { program } = io;
      for (const text of demoLines({ url, adminToken, agent, peer, program })) {
        io.stdout(text);
      }
      await stopped.promise;
    } finally {
      await sandbox.close();
    }
  } finally {
    release();
  }
  return EXIT.stopped;
}
