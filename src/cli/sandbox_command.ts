/** `molecule sandbox`: a platform in the box, with a small organisation to play with. */
import { UsageError } from "../errors.ts";
import { openInBrowser } from "../os/browser.ts";
import { Sandbox } from "../sandbox/sandbox.ts";
import { EXIT } from "./exit_codes.ts";
import { harmless } from "./harmless.ts";
import type { CliIo } from "./io.ts";
import { SANDBOX_FLAGS } from "./options.ts";
import type { ParsedLine } from "./parse.ts";
import { readFlags } from "./read.ts";
import { chatPage, sandboxLines } from "./sandbox_lines.ts";
import { watchSandbox } from "./sandbox_watch.ts";

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

/** A machine without a browser is one to work on, too. */
async function open(page: string, io: CliIo): Promise<void> {
  const why = await openInBrowser(page);
  if (why === undefined) return;
  io.stderr(`molecule: The chat page was not opened: ${harmless(why)}`);
}

/** Runs the command until a stop signal comes. */
export async function sandboxCommand(
  line: ParsedLine,
  io: CliIo,
): Promise<number> {
  const flags = readFlags(SANDBOX_FLAGS, line, (name) => io.env(name));
  const stop = new AbortController();
  const release = io.onStopSignal(() => stop.abort());
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
      const lines = sandboxLines({ url, adminToken, agent, peer, program });
      for (const text of lines) io.stdout(text);
      if (flags.open) void open(chatPage(sandbox), io);
      const names = new Map([[agent.id, "agent"], [peer.id, "peer"]]);
      await watchSandbox(sandbox, names, io.stdout, stop.signal);
    } finally {
      await sandbox.close();
    }
  } finally {
    release();
  }
  return EXIT.stopped;
}
