/** What the tests of dead letters share: letters that die, are moved as the command moves them, and are looked at. */
import { join } from "@std/path";
import { type Backend, BackendError, textReply } from "../mod.ts";
import { type DeadLetter, readLetter } from "../src/delivery/dead_letter.ts";
import { letterFiles } from "../src/delivery/dead_letters.ts";
import { makePrivateDir, moveFile } from "../src/os/files.ts";
import { type StatePaths, statePaths } from "../src/state/paths.ts";
import type { Bench } from "./harness.ts";

/** A back end that fails for good on every message. */
export const hopeless: Backend = {
  name: "hopeless",
  handle: () => Promise.reject(new BackendError("final", "cannot do this")),
};

/** A back end that answers `again: <text>` and keeps what it was asked. */
export function willing(): Backend & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    name: "willing",
    asked,
    handle: (message) => {
      asked.push(message.text);
      return Promise.resolve(textReply(`again: ${message.text}`));
    },
  };
}

/** The files of the bench's workspace. */
export function pathsOf(bench: Bench): StatePaths {
  return statePaths(bench.stateDir, bench.agent.id);
}

/** The letters in a directory, by the order in which they were given up. */
export async function lettersIn(
  bench: Bench,
  dir: string,
): Promise<(DeadLetter & { readonly name: string })[]> {
  const found = [];
  for (const name of await letterFiles(dir)) {
    const text = await Deno.readTextFile(join(dir, name));
    const read = readLetter(text, bench.agent.id);
    if ("letter" in read) found.push({ ...read.letter, name });
  }
  return found.sort((a, b) => a.failed_at.localeCompare(b.failed_at));
}

/** Moves every dead letter to those that are to be tried again, the oldest first. */
export async function retryAll(bench: Bench): Promise<string[]> {
  const { dead, retry } = pathsOf(bench);
  const names = (await lettersIn(bench, dead)).map(({ name }) => name);
  await makePrivateDir(retry);
  for (const name of names) await moveFile(join(dead, name), join(retry, name));
  return names;
}

/** Ids of the messages that the peer got. */
export function idsToPeer(bench: Bench): string[] {
  return bench.sandbox.messagesTo(bench.peer.id).map((message) =>
    message.messageId
  );
}
