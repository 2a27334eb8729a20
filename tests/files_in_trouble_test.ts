/** Files of a message that cannot be fetched, or whose turn does not end well; and how long they are kept. */
import { assert, assertEquals } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import { BackendError } from "../mod.ts";
import { useDisk } from "../src/os/disk.ts";
import { faults } from "../src/testing/mod.ts";
import { BrokenDisk } from "./faults/broken_disk.ts";
import {
  bytes,
  filesDir,
  names,
  reader,
  type Turn,
  upload,
  withFiles,
} from "./files_in_stage.ts";
import { Bench } from "./harness.ts";

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
