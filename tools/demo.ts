// deno-lint-ignore-file no-console -- the demo is what it prints
/**
 * A short conversation on the sandbox: a person and a peer workspace each send a message, a back end answers.
 *
 *     deno task demo
 *     deno task demo --backend exec --backend-opt cmd='tr a-z A-Z'
 */
import { parseArgs } from "@std/cli/parse-args";
import {
  connect,
  type ConnectEvent,
  createBackend,
  loadState,
  UsageError,
} from "../mod.ts";
import { Sandbox } from "../src/testing/mod.ts";

/** Longest time that the answers may take. */
const PATIENCE_MS = 120_000;

function backendOf(args: readonly string[]) {
  const given = args[0] === "--" ? args.slice(1) : [...args];
  const unknown: string[] = [];
  const flags = parseArgs(given, {
    string: ["backend", "backend-opt"],
    collect: ["backend-opt"],
    default: { backend: "mock" },
    unknown: (arg: string) => {
      unknown.push(arg);
      return false;
    },
  });
  if (unknown[0] !== undefined) {
    throw new UsageError(
      `Unknown argument "${unknown[0]}"`,
      "use --backend NAME and --backend-opt KEY=VALUE",
    );
  }
  const options = (flags["backend-opt"] as string[]).map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1) {
      throw new UsageError(
        `--backend-opt "${pair}" is not KEY=VALUE`,
        "write it as --backend-opt cmd=cat",
      );
    }
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return createBackend(flags.backend, Object.fromEntries(options));
}

const USAGE =
  `Usage: deno task demo [--backend NAME] [--backend-opt KEY=VALUE]...

Starts the sandbox, connects to it, holds a short conversation, and stops.`;

async function demo(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(USAGE);
    return 0;
  }
  const backend = backendOf(args);
  await using sandbox = await Sandbox.start();
  const team = sandbox.createWorkspace({ name: "team" });
  const agent = sandbox.createWorkspace({ name: "agent", parentId: team.id });
  const peer = sandbox.createWorkspace({ name: "peer", parentId: team.id });
  console.log(`The sandbox platform listens on ${sandbox.url}`);
  const stateDir = await Deno.makeTempDir({ prefix: "molecule-demo-" });
  let failed = false;
  let ends = 0;
  const both = Promise.withResolvers<void>();
  const end = (event: { readonly origin: string }, text: string) => {
    console.log(
      `agent  → ${event.origin === "canvas" ? "person" : "peer  "}: ${text}`,
    );
    if (++ends === 2) both.resolve();
  };
  const onEvent = (event: ConnectEvent) => {
    if (event.type === "turn_failed") {
      console.log(`  (the back end failed: ${event.reason})`);
    }
    if (event.type === "dead_letter") failed = true;
    if (event.type === "answered" && event.text === "") {
      end(event, "(nothing to say)");
    }
    if (event.type !== "delivered") return;
    end(
      event,
      event.origin === "canvas"
        ? sandbox.notifies(agent.id)[0]!
        : sandbox.messagesTo(peer.id)[0]!.text,
    );
  };
  const timer = setTimeout(
    () => both.reject(new Error(`no answers within ${PATIENCE_MS / 1_000} s`)),
    PATIENCE_MS,
  );
  try {
    const connection = await connect({
      apiUrl: sandbox.url,
      workspaceId: agent.id,
      token: agent.token,
      backend,
      stateDir,
      pollIntervalMs: 100,
      onEvent,
    });
    console.log(
      `Workspace "agent" is connected; the back end is "${backend.name}"\n`,
    );
    console.log("person → agent : Hello, who are you?");
    await sandbox.sendAsHuman(agent.id, "Hello, who are you?");
    console.log("peer   → agent : Can you take ticket 812?");
    await sandbox.sendAsPeer(peer.id, agent.id, "Can you take ticket 812?");
    await both.promise;
    await connection.close();
    const failure = await connection.closed;
    if (failure !== undefined) throw failure;
    const state = await loadState(stateDir, agent.id);
    console.log(`\nSaved cursor: ${state.last_since_id}`);
    console.log("Stopped cleanly.");
    return failed ? 1 : 0;
  } finally {
    clearTimeout(timer);
    await Deno.remove(stateDir, { recursive: true });
  }
}

try {
  Deno.exit(await demo(Deno.args));
} catch (error) {
  const usage = error instanceof UsageError;
  const hint = usage && error.hint !== undefined ? `; ${error.hint}` : "";
  console.error(
    `demo: ${error instanceof Error ? error.message : error}${hint}`,
  );
  Deno.exit(usage ? 2 : 1);
}
