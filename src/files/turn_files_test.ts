import { assertEquals } from "@std/assert";
import { join } from "@std/path";
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
    accepts: true,
    inbound: new InboundFiles({
      client: { download: nobody },
      web: new WebFiles({
        hosts: new FileHosts([]),
        timeoutMs: 1_000,
        fileMs: 1_000,
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

Deno.test("of the files of messages that are over a gigabyte is kept, the newest", async () => {
  const root = await Deno.makeTempDir();
  const now = Date.now();
  for (
    const [name, ageMs] of [["new", 1_000], ["older", 2_000], [
      "oldest",
      3_000,
    ]] as const
  ) {
    const dir = join(root, name, "in");
    await Deno.mkdir(dir, { recursive: true });
    using file = await Deno.create(join(dir, "large.bin"));
    await file.truncate(0.4 * GIB); // takes no room on the disk
    const at = new Date(now - ageMs);
    await Deno.utime(join(root, name), at, at);
  }
  const files = turnFiles(root);
  const message = messageOf("m");
  await files.prepare(message);
  const given = await files.fetch(message, never);
  assertEquals(given.files.map(({ name, size }) => [name, size]), [[
    "a.txt",
    1,
  ]]);
  await files.over(message);
  const left = [...Deno.readDirSync(root)].map(({ name }) => name).sort();
  assertEquals(left.slice(-2), ["new", "older"]);
  assertEquals(left.length, 3);
  await Deno.remove(root, { recursive: true });
});
