/** Files of a message: fetched before its turn, handed over as paths, acknowledged after it, removed in the end. */
import { assert, assertEquals } from "@std/assert";
import { dirname, isAbsolute, relative } from "@std/path";
import { isWindows } from "../src/os/platform.ts";
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
