/** A connector in a process of its own that ends with SIGKILL at a named step, or when it has been told what happened. */
import { textReply } from "../mod.ts";
import { connectWith } from "../src/connect.ts";
import { type CrashPoint, onCrashPoint } from "../src/crash_points.ts";
import { QUICK } from "./harness.ts";

/** What the parent gives as the one argument, in JSON. */
export interface RetryJob {
  readonly url: string;
  readonly id: string;
  readonly token: string;
  readonly stateDir: string;
  /** Where it ends. */
  readonly dieAt: CrashPoint;
  /** Whether its back end fails for good on every message. */
  readonly hopeless: boolean;
}

if (import.meta.main) {
  const job: RetryJob = JSON.parse(Deno.args[0]!);
  onCrashPoint((point) => {
    if (point === job.dieAt) Deno.kill(Deno.pid, "SIGKILL");
  });
  await connectWith({
    apiUrl: job.url,
    workspaceId: job.id,
    token: job.token,
    stateDir: job.stateDir,
    pollIntervalMs: 10,
    maxAttempts: job.hopeless ? 1 : 3,
    backend: {
      name: "child",
      handle: (message) => {
        if (job.hopeless) return Promise.reject(new Error("cannot do this"));
        return Promise.resolve(textReply(`again: ${message.text}`));
      },
    },
  }, QUICK);
}
