/** The back end of the crash suites: what it answers stands in the script. */
import {
  type Backend,
  type BackendContext,
  BackendError,
  type InboundMessage,
  type Part,
  textReply,
} from "../../mod.ts";
import type { CrashJob, Told } from "./child.ts";
import {
  answerTo,
  BRING,
  BROUGHT,
  ENDLESS,
  FILE,
  SPAWN,
  STORM,
} from "./script.ts";

const PLOT: Part = {
  kind: "file",
  file: { name: "plot.png", mimeType: "image/png", bytes: btoa("a plot") },
};

/** Runs a process beside `turn`, and ends it then; a kill in between leaves it. */
async function besideProcess(
  context: BackendContext,
  told: (told: Told) => void,
  turn: () => Promise<unknown>,
): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "setTimeout(() => {}, 600_000)"],
    env: { MOLECULE_TURN: context.turnId },
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  using record = context.childStarted(child.pid);
  told({ type: "spawned", pid: child.pid });
  await record.saved;
  await turn();
  child.kill("SIGKILL");
  await child.status;
}

/** Throws the signal's reason, once it aborts. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** Tells what it is asked and what it remembers, then remembers the text too. */
async function take(
  { activityId: row, text }: InboundMessage,
  { session }: BackendContext,
  told: (told: Told) => void,
): Promise<void> {
  const { id, fresh, kept = "[]" } = session;
  const seen: string[] = JSON.parse(kept);
  told({ type: "asked", row, text, session: id, fresh, seen });
  await session.keep(JSON.stringify([...seen, text]));
}

/** Answers by the script, and tells what it is asked. */
export function scriptedBackend(
  job: CrashJob,
  told: (told: Told) => void,
): Backend {
  return {
    name: "scripted",
    accepts: { files: true },
    async handle(message, context) {
      const { text } = message;
      await take(message, context, told);
      if (text.startsWith(STORM) && !context.again) {
        throw new BackendError("weather", "too much at once");
      }
      const ms = text.length % 4 / 3 * job.turnMs;
      const turn = () => new Promise((resolve) => setTimeout(resolve, ms));
      if (text.startsWith(ENDLESS)) await untilAborted(context.signal);
      if (text.startsWith(SPAWN)) await besideProcess(context, told, turn);
      else await turn();
      const answer = answerTo(text, job.isSick);
      if (answer === undefined) throw new Error("this one always fails");
      const brought = await Promise.all(
        context.files.map(({ path }) => Deno.readTextFile(path)),
      );
      if (text.startsWith(BRING) && brought.join() !== BROUGHT) {
        return textReply(`no file came with ${text}`);
      }
      const { parts } = textReply(answer);
      return { parts: text.startsWith(FILE) ? [...parts, PLOT] : parts };
    },
  };
}
