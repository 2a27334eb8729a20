/** Files of a message: fetched before its turn, handed over as paths, acknowledged after it, removed in the end. */
import { assert, assertEquals } from "@std/assert";
import { basename, dirname, isAbsolute, join, relative } from "@std/path";
import {
  type Backend,
  type BackendContext,
  BackendError,
  textReply,
} from "../mod.ts";
import { isWindows } from "../src/os/platform.ts";
import { useDisk } from "../src/os/disk.ts";
import { statePaths } from "../src/state/paths.ts";
import { type AnyPart, faults } from "../src/testing/mod.ts";
import { BrokenDisk } from "./faults/broken_disk.ts";
import { Bench } from "./harness.ts";

/** What a turn was given. */
interface Turn {
  readonly text: string;
  /** Name, MIME type and content of each file. */
  readonly files: readonly (readonly [string, string, string])[];
  readonly missing: readonly (readonly [string, string])[];
  readonly context: BackendContext;
}

/** A back end that reads its files. */
function reader(
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

const bytes = (text: string) => new TextEncoder().encode(text);

/** A person's message with a text and files. */
function withFiles(...files: AnyPart[]): AnyPart[] {
  return [
    { kind: "text", text: "look" },
    ...files.map((file) => ({ kind: "file", file })),
  ];
}

/** A person uploads a file; gives the part that points to it. */
function upload(bench: Bench, name: string, content: Uint8Array<ArrayBuffer>) {
  const mimeType = "text/plain";
  const [uri] = bench.sandbox.uploadAsHuman(bench.agent.id, [
    { name, mimeType, bytes: content },
  ]);
  return { name, mimeType, uri: uri! };
}

function filesDir({ stateDir, agent }: Bench): string {
  return statePaths(stateDir, agent.id).files;
}

function names(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
}

Deno.test("a person's upload is a file of the turn, and is acknowledged once the answer is saved", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  let acksInTurn = -1;
  const acks = () => bench.sandbox.requestsTo("download-ack").length;
  const connection = await bench.connect(reader(turns, true, () => {
    acksInTurn = acks();
  }));
  const file = upload(bench, "notes.txt", bytes("some notes"));
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(file));
  await bench.sandbox.waitFor(() => acks() === 1);
  assertEquals(acksInTurn, 0);
  const [turn] = turns;
  assertEquals(turn?.files, [["notes.txt", "text/plain", "some notes"]]);
  assertEquals(turn?.missing, []);
  const { path } = turn!.context.files[0]!;
  assert(path.startsWith(filesDir(bench)));
  assert(!path.startsWith(turn!.context.workDir));
  await connection.close();
  // What came stays for a while, and what was to be sent does not.
  assertEquals(names(dirname(dirname(path))), ["in"]);
  if (!isWindows) {
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    assertEquals(Deno.statSync(dirname(path)).mode! & 0o777, 0o700);
    assertEquals(Deno.statSync(filesDir(bench)).mode! & 0o777, 0o700);
  }
});

Deno.test("a peer's bytes are files with safe names, each of them once", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  await bench.connect(reader(turns));
  const content = (name: string, text: string) => ({ name, bytes: btoa(text) });
  await bench.sandbox.sendAsPeer(
    bench.peer.id,
    bench.agent.id,
    withFiles(
      content("../../../etc/cron.d/evil", "1"),
      content("a\nb\r.txt", "2"),
      content("data.csv", "3"),
      content("data.csv", "4"),
      { name: "url.bin", bytes: "_-8" },
      { name: "empty.txt", bytes: "" },
      { name: "broken.txt", bytes: "%%%" },
    ),
  );
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(turns[0]?.files.map(([name, type]) => [name, type]), [
    ["evil", ""],
    ["a_b_.txt", "text/plain"],
    ["data.csv", "text/csv"],
    ["data-2.csv", "text/csv"],
    ["url.bin", ""],
    ["empty.txt", "text/plain"],
  ]);
  assertEquals(turns[0]?.files.map(([, , text]) => text).slice(0, 4), [
    ..."1234",
  ]);
  assertEquals(turns[0]?.missing, [["broken.txt", "damaged"]]);
  assertEquals(bench.sandbox.requestsTo("download-ack"), []);
});

Deno.test("what cannot be had is named with the reason, and the turn runs", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  await bench.connect(reader(turns));
  const { id } = bench.agent;
  const gone = crypto.randomUUID();
  const large = upload(bench, "large.bin", new Uint8Array(100 * 1024 * 1024));
  const good = upload(bench, "good.txt", bytes("good"));
  await bench.sandbox.sendAsHuman(
    id,
    withFiles(
      { name: "gone.txt", uri: `platform-pending:${id}/${gone}` },
      large,
      { name: "other.txt", uri: `platform-pending:${bench.peer.id}/${gone}` },
      { name: "theirs.txt", uri: "workspace:/etc/passwd" },
      { name: "web.txt", uri: "http://169.254.169.254/latest/meta-data" },
      { name: "local.txt", uri: "file:///etc/passwd" },
      { name: "odd.txt", uri: `platform-pending:${id}/not-a-uuid` },
      { name: "up.txt", uri: `platform-pending:${id}/..` },
      good,
    ),
  );
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(turns[0]?.missing, [
    ["gone.txt", "expired"],
    ["large.bin", "too large"],
    ["other.txt", "of another workspace"],
    ["theirs.txt", "of another workspace"],
    ["web.txt", "not allowed"],
    ["local.txt", "not allowed"],
    ["odd.txt", "could not be fetched"],
    ["up.txt", "could not be fetched"],
  ]);
  assertEquals(turns[0]?.files, [["good.txt", "text/plain", "good"]]);
  await bench.sandbox.waitFor(() =>
    bench.sandbox.requestsTo("download-ack").length > 0
  );
  const acked = bench.sandbox.requestsTo("download-ack").map(({ path }) =>
    path.split("/").at(-2)
  );
  assertEquals(acked, [good.uri.split("/").at(-1)]);
});

Deno.test("files of one message are 100 MiB at most together", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  await bench.connect(reader(turns));
  const files = [1, 2, 3, 4, 5].map((n) =>
    upload(bench, `${n}.bin`, new Uint8Array(24 * 1024 * 1024))
  );
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(...files));
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(turns[0]?.files.map(([name]) => name), [
    ...["1.bin", "2.bin", "3.bin", "4.bin"],
  ]);
  assertEquals(turns[0]?.missing, [["5.bin", "too large"]]);
});

Deno.test("a back end that takes no files has none fetched for it", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  const connection = await bench.connect(reader(turns, false));
  const file = upload(bench, "notes.txt", bytes("some notes"));
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(file));
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals([turns[0]?.files, turns[0]?.missing], [[], []]);
  await connection.close();
  assertEquals(bench.sandbox.requestsTo("download"), []);
  assertEquals(bench.sandbox.requestsTo("download-ack"), []);
  assertEquals(names(filesDir(bench)), []);
});

Deno.test("a back end that says late that it takes files is given those of the next message", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  let accepts = {};
  await bench.connect({
    ...reader(turns),
    get accepts() {
      return accepts;
    },
  });
  const file = { name: "a.txt", bytes: btoa("a") };
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(file));
  await bench.until(() => bench.count("delivered") === 1);
  accepts = { files: true };
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(file));
  await bench.until(() => bench.count("delivered") === 2);
  assertEquals(turns.map(({ files }) => files.length), [0, 1]);
});

Deno.test("a file on a host that the operator named is fetched without our token; its redirect is not followed", async () => {
  await using bench = await Bench.start();
  const asked: string[][] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      asked.push([...request.headers.keys()]);
      const { pathname } = new URL(request.url);
      return pathname === "/away"
        ? Response.redirect(`${bench.sandbox.url}/workspaces/${bench.agent.id}`)
        : new Response("<p>a page</p>", {
          headers: { "content-type": "text/html; charset=utf-8" },
        });
    },
  );
  const host = `127.0.0.1:${(server.addr as Deno.NetAddr).port}`;
  const turns: Turn[] = [];
  await bench.connect(reader(turns), { allowFileHosts: [host] });
  await bench.sandbox.sendAsPeer(
    bench.peer.id,
    bench.agent.id,
    withFiles({ uri: `http://${host}/page` }, { uri: `http://${host}/away` }),
  );
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(turns[0]?.files, [["page", "text/html", "<p>a page</p>"]]);
  assertEquals(turns[0]?.missing, [["away", "could not be fetched"]]);
  assertEquals(asked.length, 2);
  assert(!asked.flat().some((name) => /authorization|workspace/.test(name)));
  await server.shutdown();
});

Deno.test("files of a slow host hold a message for one time together, not for one each", async () => {
  await using bench = await Bench.start();
  const closing = Promise.withResolvers<void>();
  let asked = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async () => {
      asked++;
      await closing.promise; // no answer before the test is over
      return new Response("late");
    },
  );
  const host = `127.0.0.1:${(server.addr as Deno.NetAddr).port}`;
  const turns: Turn[] = [];
  await bench.connect(reader(turns), { allowFileHosts: [host] }, {
    webFilesMs: 300,
    filePatienceMs: 200,
  });
  const files = [1, 2, 3, 4, 5].map((n) => ({ uri: `http://${host}/${n}` }));
  await bench.sandbox.sendAsPeer(
    bench.peer.id,
    bench.agent.id,
    withFiles(...files),
  );
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(
    turns[0]?.missing,
    ["1", "2", "3", "4", "5"].map((name) => [name, "could not be fetched"]),
  );
  assertEquals(asked, 1);
  closing.resolve();
  await server.shutdown();
});

Deno.test("a fetch that fails for a while is made again, counts for nothing, and takes what is there already", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  const first = upload(bench, "first.txt", bytes("first"));
  const second = upload(bench, "second.txt", bytes("second"));
  const id = second.uri.split("/").at(-1)!;
  const isSecond = { when: ({ path }: { path: string }) => path.includes(id) };
  for (
    const fault of [
      faults.status(503),
      faults.cut(),
      faults.html(),
      faults.status(401),
      faults.html(404),
    ]
  ) bench.sandbox.fault("download", fault, isSecond);
  await bench.connect(
    reader(turns),
    { maxAttempts: 1 },
    { filePatienceMs: 60_000 },
  );
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(first, second));
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(turns.length, 1);
  assertEquals(turns[0]?.context.attempt, 1);
  assertEquals(turns[0]?.context.again, false);
  assertEquals(turns[0]?.files.map(([name]) => name), [
    ...["first.txt", "second.txt"],
  ]);
  const downloads = bench.sandbox.requestsTo("download").map(({ path }) =>
    path.includes(id)
  );
  assertEquals(downloads.filter((is) => !is).length, 1);
  assertEquals(downloads.filter((is) => is).length, 6);
  assertEquals(bench.count("turn_started"), 1);
});

Deno.test("a file that never comes is named after a while", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  bench.sandbox.fault("download", faults.status(500), { times: Infinity });
  await bench.connect(reader(turns));
  const file = upload(bench, "notes.txt", bytes("some notes"));
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(file));
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(turns[0]?.missing, [["notes.txt", "could not be fetched"]]);
  assertEquals(bench.sandbox.requestsTo("download-ack"), []);
});

Deno.test("a full disk while a file is fetched: it is fetched once there is room", async () => {
  const broken = new BrokenDisk();
  using _ = useDisk(broken.disk);
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  const end = broken.break(filesDir(bench), { op: "write", code: "ENOSPC" });
  await bench.connect(reader(turns), {}, { filePatienceMs: 60_000 });
  const file = upload(bench, "notes.txt", bytes("some notes"));
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(file));
  await bench.sandbox.waitFor(() => broken.hits(filesDir(bench)) >= 3);
  assertEquals(turns, []);
  end();
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(turns[0]?.files, [["notes.txt", "text/plain", "some notes"]]);
});

Deno.test("a turn that failed has its files again without another fetch, and its own are not acknowledged before", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  let runs = 0;
  await bench.connect(reader(turns, true, async ({ outboxDir }) => {
    assertEquals(names(outboxDir), []);
    await Deno.writeTextFile(join(outboxDir, "half.txt"), "half");
    if (++runs === 1) throw new Error("broken");
    await Deno.remove(join(outboxDir, "half.txt"));
  }));
  const file = upload(bench, "notes.txt", bytes("some notes"));
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(file));
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(runs, 2);
  assertEquals(bench.sandbox.requestsTo("download").length, 1);
  assertEquals(turns[0]?.files.length, 1);
});

Deno.test("a message that is given up leaves its files on the platform, for who tries it again", async () => {
  await using bench = await Bench.start();
  const connection = await bench.connect(reader([], true, () => {
    throw new BackendError("final", "broken");
  }));
  const file = upload(bench, "notes.txt", bytes("some notes"));
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(file));
  await bench.until(() => bench.count("dead_letter") === 1);
  await connection.close();
  assertEquals(bench.sandbox.requestsTo("download-ack"), []);
});

Deno.test("an acknowledgement is tried a few times, and keeps no message waiting", async () => {
  await using bench = await Bench.start();
  bench.sandbox.fault("download-ack", faults.status(500), { times: 2 });
  await bench.connect(reader([]));
  const file = upload(bench, "notes.txt", bytes("some notes"));
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(file));
  await bench.sandbox.sendAsHuman(bench.agent.id, "and now");
  await bench.until(() => bench.count("delivered") === 2);
  await bench.sandbox.waitFor(() =>
    bench.sandbox.requestsTo("download-ack").some(({ status }) =>
      status === 200
    )
  );
  assertEquals(bench.sandbox.requestsTo("download-ack").length, 3);
});

Deno.test("files are removed when they are old, but not those of a message that is not over", async () => {
  await using bench = await Bench.start();
  const stale = join(filesDir(bench), "0123456789abcdef01234567");
  const fresh = join(filesDir(bench), "76543210fedcba9876543210");
  for (const dir of [stale, fresh]) {
    await Deno.mkdir(join(dir, "in"), { recursive: true });
  }
  const old = new Date(Date.now() - 25 * 3_600_000);
  await Deno.utime(stale, old, old);
  const hold = Promise.withResolvers<void>();
  const turns: Turn[] = [];
  await bench.connect(
    reader(turns, true, async ({ outboxDir }) => {
      await Deno.utime(dirname(outboxDir), old, old);
      await hold.promise;
    }),
    {},
    { filesEveryMs: 5 },
  );
  await bench.sandbox.waitFor(() =>
    !names(filesDir(bench)).includes(basename(stale))
  );
  await bench.ping("hold");
  await bench.until(() => bench.count("turn_started") === 1);
  const beats = bench.count("heartbeat");
  await bench.until(() => bench.count("heartbeat") > beats + 2);
  assertEquals(names(filesDir(bench)).length, 2);
  hold.resolve();
  await bench.until(() => bench.count("delivered") === 1);
  assert(names(filesDir(bench)).includes(basename(fresh)));
});

Deno.test("a stop while a file is fetched: it is fetched at the next start, and nothing counts", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  const hang = Promise.withResolvers<void>();
  const held = bench.sandbox.fault("download", faults.until(hang.promise));
  const first = await bench.connect(reader(turns), { maxAttempts: 1 });
  const file = upload(bench, "notes.txt", bytes("some notes"));
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(file));
  await bench.sandbox.waitFor(() => held.hits === 1);
  await first.close({ graceMs: 0 });
  hang.resolve();
  assertEquals(turns, []);
  await bench.connect(reader(turns), { maxAttempts: 1 });
  await bench.until(() => bench.count("delivered") === 1);
  assertEquals(turns[0]?.files, [["notes.txt", "text/plain", "some notes"]]);
  assertEquals(bench.sandbox.notifies(bench.agent.id), ["got 1"]);
});

Deno.test("paths are absolute, wherever the state directory is said to be", async () => {
  await using bench = await Bench.start();
  const turns: Turn[] = [];
  const stateDir = relative(Deno.cwd(), bench.stateDir);
  const connection = await bench.connect(reader(turns), { stateDir });
  const file = { name: "a.txt", bytes: btoa("a") };
  await bench.sandbox.sendAsHuman(bench.agent.id, withFiles(file));
  await bench.until(() => bench.count("delivered") === 1);
  const { files, outboxDir } = turns[0]!.context;
  assert(isAbsolute(files[0]!.path));
  assert(isAbsolute(outboxDir));
  await connection.close();
});
