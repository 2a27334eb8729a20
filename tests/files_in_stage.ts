/** What tests of a message's files share: a back end that reads them, and people who send them. */
import { assertEquals } from "@std/assert";
import { basename } from "@std/path";
import { type Backend, type BackendContext, textReply } from "../mod.ts";
import { statePaths } from "../src/state/paths.ts";
import type { AnyPart } from "../src/testing/mod.ts";
import type { Bench } from "./harness.ts";

/** What a turn was given. */
export interface Turn {
  readonly text: string;
  /** Name, MIME type and content of each file. */
  readonly files: readonly (readonly [string, string, string])[];
  readonly missing: readonly (readonly [string, string])[];
  readonly context: BackendContext;
}

/** A back end that reads its files. */
export function reader(
  turns: Turn[],
  accepts = true,
  before: (context: BackendContext) => void | Promise<void> = () => {},
): Backend {
  return {
    name: "reader",
    accepts: { files: accepts },
    async handle(message, context) {
      await before(context);
      const files: Turn["files"][number][] = [];
      for (const { path, name, mimeType, size } of context.files) {
        const bytes = await Deno.readFile(path);
        assertEquals(bytes.length, size);
        assertEquals(basename(path), name);
        const start = bytes.subarray(0, 100);
        files.push([name, mimeType, new TextDecoder().decode(start)]);
      }
      const missing = context.unavailableFiles.map(({ name, reason }) =>
        [name, reason] as const
      );
      turns.push({ text: message.text, files, missing, context });
      return textReply(`got ${files.length}`);
    },
  };
}

export const bytes = (text: string) => new TextEncoder().encode(text);

/** A person's message with a text and files. */
export function withFiles(...files: AnyPart[]): AnyPart[] {
  return [
    { kind: "text", text: "look" },
    ...files.map((file) => ({ kind: "file", file })),
  ];
}

/** A person uploads a file; gives the part that points to it. */
export function upload(
  bench: Bench,
  name: string,
  content: Uint8Array<ArrayBuffer>,
) {
  const mimeType = "text/plain";
  const [uri] = bench.sandbox.uploadAsHuman(bench.agent.id, [
    { name, mimeType, bytes: content },
  ]);
  return { name, mimeType, uri: uri! };
}

export function filesDir({ stateDir, agent }: Bench): string {
  return statePaths(stateDir, agent.id).files;
}

export function names(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
}
