import { assertEquals } from "@std/assert";
import { basename, dirname } from "@std/path";
import { silentLogger } from "../log.ts";
import { TIMING } from "../timing.ts";
import { Acks } from "./acks.ts";
import { FileHosts } from "./file_hosts.ts";
import { InboundFiles } from "./inbound_files.ts";
import { TurnFiles } from "./turn_files.ts";
import { WebFiles } from "./web_file.ts";

const GIB = 1024 ** 3;
const never = new AbortController().signal;

/** Turn files in `root`, with nothing to fetch from. */
function turnFiles(root: string): TurnFiles {
  const nobody = () => Promise.reject(new Error("there is no platform"));
  const options = { timing: TIMING, log: silentLogger };
  return new TurnFiles({
    ...options,
    workspaceId: "w",
    root,
    accepts: () => true,
    inbound: new InboundFiles({
      client: { download: nobody },
      web: new WebFiles({
        hosts: new FileHosts([]),
        timeoutMs: 1_000,
        messageMs: 1_000,
      }),
      log: silentLogger,
    }),
    acks: new Acks({
      ...options,
      client: { acknowledge: nobody },
      stop: never,
      cut: never,
      onFatal: () => {},
    }),
    untilWritten: (write) => write(),
    unfinished: () => [],
    feedIsGood: () => true,
  });
}

/** A message with a small file. */
function messageOf(id: string) {
  return {
    id,
    message: {
      parts: [{ kind: "file", file: { name: "a.txt", bytes: "QQ==" } }],
    },
  } as const;
}

Deno.test("of the files of messages that are over a gigabyte is kept, the newest; one that runs again has its own", async () => {
  const root = await Deno.makeTempDir();
  const files = turnFiles(root);
  /** A message with a long file, up to its end; gives where its files are. */
  const run = async (id: string) => {
    const message = messageOf(id);
    await files.prepare(message);
    const given = await files.fetch(message, never);
    assertEquals(given.files.map(({ name }) => name), ["a.txt"]);
    const { path } = given.files[0]!;
    await Deno.truncate(path, 0.6 * GIB); // takes no room on the disk
    await files.over(message);
    return basename(dirname(dirname(path)));
  };
  const left = () => [...Deno.readDirSync(root)].map(({ name }) => name);
  await run("1");
  const second = await run("2");
  assertEquals(left(), [second]);
  await files.prepare(messageOf("2"));
  const third = await run("3");
  assertEquals(left().sort(), [second, third].sort());
  await Deno.remove(root, { recursive: true });
});
