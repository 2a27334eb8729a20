import { assertEquals } from "@std/assert";
import { join, SEPARATOR, toFileUrl } from "@std/path";
import type { Part } from "../a2a/part.ts";
import { silentLogger } from "../log.ts";
import { isWindows } from "../os/platform.ts";
import { withFiles } from "./outbound_files.ts";

/** An outbox directory with a secret beside it. */
async function place() {
  const root = await Deno.makeTempDir();
  const dir = join(root, "out");
  await Deno.mkdir(dir);
  await Deno.writeTextFile(join(root, "secret"), "a secret");
  return {
    dir,
    secret: join(root, "secret"),
    write: (name: string, text: string) =>
      Deno.writeTextFile(join(dir, name), text),
    collect: (parts: readonly Part[] = [], maxBytes = 1_000) =>
      withFiles(parts, { root, dir, maxBytes, log: silentLogger }),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

const TEXT: Part = { kind: "text", text: "here" };

function file(name: string, mimeType: string, text: string): Part {
  return { kind: "file", file: { name, mimeType, bytes: btoa(text) } };
}

function named(name: string): Part {
  return { kind: "file", file: { name } };
}

Deno.test("files that were left stand behind the reply, sorted, those below included", async () => {
  await using at = await place();
  await at.write("b.csv", "1,2");
  await Deno.mkdir(join(at.dir, "charts"));
  await at.write("charts/a.png", "a plot");
  await at.write(".DS_Store", "hidden");
  await Deno.mkdir(join(at.dir, ".git"));
  await at.write(".git/config", "hidden");
  assertEquals(await at.collect([TEXT]), [
    TEXT,
    file("b.csv", "text/csv", "1,2"),
    file("a.png", "image/png", "a plot"),
  ]);
});

Deno.test("a file that the reply points to has its place there, and goes once", async () => {
  await using at = await place();
  await at.write("b.bin", "bytes");
  await at.write("a.txt", "text");
  const uri = toFileUrl(join(at.dir, "b.bin")).href;
  const pointed: Part = { kind: "file", file: { uri, mimeType: "x/y" } };
  assertEquals(await at.collect([pointed, TEXT]), [
    file("b.bin", "x/y", "bytes"),
    TEXT,
    file("a.txt", "text/plain", "text"),
  ]);
});

Deno.test("a plain path stands for the file, absolute or from the outbox directory on", async () => {
  await using at = await place();
  await Deno.mkdir(join(at.dir, "charts"));
  await at.write("a b%20.txt", "a");
  await at.write("charts/b.txt", "b");
  await at.write("c.txt", "c");
  const uris = [
    join(at.dir, "a b%20.txt"),
    join("charts", "b.txt"),
    ` .${SEPARATOR}c.txt`,
  ];
  const parts = uris.map((uri): Part => ({ kind: "file", file: { uri } }));
  assertEquals(await at.collect(parts), [
    file("a b%20.txt", "text/plain", "a"),
    file("b.txt", "text/plain", "b"),
    file("c.txt", "text/plain", "c"),
  ]);
});

Deno.test("of a plain path that leads out of the outbox only the name is left", async () => {
  await using at = await place();
  const uris = [
    at.secret,
    "../secret",
    "/etc/secret",
    "~/secret",
    "C:\\Users\\me\\secret",
    "c:/Users/me/secret",
    "\\\\other-host\\share\\secret",
    "//other-host/secret/",
  ];
  const parts = uris.map((uri): Part => ({ kind: "file", file: { uri } }));
  assertEquals(await at.collect(parts), uris.map(() => named("secret")));
});

Deno.test("a path beside the bytes goes nowhere", async () => {
  await using at = await place();
  const bytes = "QQ==";
  const parts: Part[] = [
    { kind: "file", file: { name: "a", bytes, uri: at.secret } },
    { kind: "file", file: { name: "b", bytes, uri: "C:\\b" } },
  ];
  assertEquals(await at.collect(parts), [
    { kind: "file", file: { name: "a", bytes } },
    { kind: "file", file: { name: "b", bytes } },
  ]);
});

Deno.test("of a file: address that leads out of the outbox only the name is left", async () => {
  await using at = await place();
  const uris = [
    toFileUrl(at.secret).href,
    `${toFileUrl(at.dir).href}/../secret`,
    `${toFileUrl(at.dir).href}/%2e%2e/secret`,
    "FILE:///etc/secret",
    "file://other-host/secret",
    toFileUrl(join(at.dir, "gone", "secret")).href,
  ];
  const parts = uris.map((uri): Part => ({ kind: "file", file: { uri } }));
  assertEquals(await at.collect(parts), uris.map(() => named("secret")));
});

Deno.test("a path in a text is only a text; other addresses stay as they are", async () => {
  await using at = await place();
  const parts: Part[] = [
    { kind: "text", text: `MEDIA:${at.secret} [x](${toFileUrl(at.secret)})` },
    { kind: "file", file: { uri: "https://x.example/a" } },
    { kind: "file", file: { uri: "workspace:/a" } },
    { kind: "file", file: { name: "a", uri: "" } },
    { kind: "file", file: { name: "a", bytes: "QQ==" } },
  ];
  assertEquals(await at.collect(parts), parts);
});

Deno.test({
  name: "a symbolic link is not followed, to a file or to a directory",
  ignore: isWindows,
  fn: async () => {
    await using at = await place();
    await Deno.symlink(at.secret, join(at.dir, "link.txt"));
    await Deno.symlink(join(at.dir, ".."), join(at.dir, "up"));
    assertEquals(await at.collect([TEXT]), [TEXT]);
    const uri = toFileUrl(join(at.dir, "link.txt")).href;
    assertEquals(await at.collect([{ kind: "file", file: { uri } }]), [
      named("link.txt"),
    ]);
  },
});

Deno.test({
  name: "a pipe keeps nobody waiting",
  ignore: isWindows,
  fn: async () => {
    await using at = await place();
    const path = join(at.dir, "pipe");
    const made = await new Deno.Command("mkfifo", { args: [path] }).output();
    assertEquals(made.code, 0);
    const uri = toFileUrl(path).href;
    assertEquals(await at.collect([TEXT]), [TEXT]);
    assertEquals(await at.collect([{ kind: "file", file: { uri } }]), [
      named("pipe"),
    ]);
  },
});

Deno.test("what goes beyond the limit is named, and what fits goes", async () => {
  await using at = await place();
  await at.write("a.txt", "x".repeat(600));
  await at.write("b.txt", "x".repeat(600));
  await at.write("c.txt", "ok");
  await at.write("d.txt", "");
  assertEquals(await at.collect(), [
    file("a.txt", "text/plain", "x".repeat(600)),
    named("b.txt"),
    file("c.txt", "text/plain", "ok"),
    file("d.txt", "text/plain", ""),
  ]);
});

Deno.test("of very many files a hundred are told, and that there are more", async () => {
  await using at = await place();
  for (let n = 0; n < 105; n++) await at.write(`${1_000 + n}.txt`, "x");
  const names = (await at.collect()).map((part) =>
    part.kind === "file" ? part.file.name : ""
  );
  assertEquals(names.length, 101);
  assertEquals(names.slice(-2), ["1099.txt", "further files"]);
});

Deno.test({
  name: "a link in place of the outbox directory leads nowhere",
  ignore: isWindows,
  async fn() {
    await using at = await place();
    const elsewhere = await Deno.makeTempDir();
    await Deno.writeTextFile(join(elsewhere, "secret"), "a secret");
    await Deno.remove(at.dir);
    await Deno.symlink(elsewhere, at.dir);
    const pointed: Part = { kind: "file", file: { uri: "secret" } };
    assertEquals(await at.collect([TEXT, pointed]), [TEXT, named("secret")]);
    await Deno.remove(elsewhere, { recursive: true });
  },
});
