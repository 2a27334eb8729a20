/** A connector in a process of its own, to be killed: it tells its events, one JSON object a line, on stdout. */
import { textReply } from "../mod.ts";
import { connectWith } from "../src/connect.ts";
import { QUICK } from "./harness.ts";

/** What the parent gives as the one argument, in JSON. */
export interface CrashJob {
  readonly url: string;
  readonly id: string;
  readonly token: string;
  readonly stateDir: string;
}

if (import.meta.main) {
  const job: CrashJob = JSON.parse(Deno.args[0]!);
  const tell = (event: unknown) =>
    Deno.stdout.writeSync(
      new TextEncoder().encode(JSON.stringify(event) + "\n"),
    );
  await connectWith({
    apiUrl: job.url,
    workspaceId: job.id,
    token: job.token,
    stateDir: job.stateDir,
    pollIntervalMs: 10,
    heartbeatIntervalMs: 50,
    maxAttempts: 1_000,
    onEvent: tell,
    backend: {
      name: "child",
      handle: (message) => {
        tell({ type: "asked", text: message.text });
        return Promise.resolve(textReply(`re: ${message.text}`));
      },
    },
  }, QUICK);
}
