import { assert, assertEquals, assertRejects } from "@std/assert";
import { PermanentError, TransientError } from "../errors.ts";
import { TooLargeError } from "../platform/request.ts";
import { FileHosts } from "./file_hosts.ts";
import { NotAllowedError, type Resolve, WebFiles } from "./web_file.ts";

/** A server on this machine, and what it was asked. */
function serve(answer: (request: Request) => Response | Promise<Response>) {
  const asked: { url: string; headers: Record<string, string> }[] = [];
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, (request) => {
    const { url, headers } = request;
    asked.push({ url, headers: Object.fromEntries(headers) });
    return answer(request);
  });
  const { port } = server.addr as Deno.NetAddr;
  return {
    asked,
    port,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function fetchFile(
  address: string,
  hosts: readonly string[],
  options: { resolve?: Resolve; maxBytes?: number; messageMs?: number } = {},
) {
  const web = new WebFiles(
    {
      hosts: new FileHosts(hosts),
      timeoutMs: 5_000,
      messageMs: options.messageMs ?? 5_000,
    },
    options.resolve ?? (() => Promise.reject(new Error("no such host"))),
  );
  let text = "";
  const type = await web.fetch(
    address,
    options.maxBytes ?? 1_000,
    (bytes) => {
      text += new TextDecoder().decode(bytes);
      return Promise.resolve();
    },
    new AbortController().signal,
    web.limit(),
  );
  return { text, type };
}

const good = () =>
  new Response("a file", { headers: { "content-type": "text/plain" } });

Deno.test("a file is fetched from an address that the operator named, and nothing of ours goes along", async () => {
  await using server = serve(good);
  const host = `127.0.0.1:${server.port}`;
  const got = await fetchFile(`http://${host}/a%20b?c#d`, [host]);
  assertEquals(got, { text: "a file", type: "text/plain" });
  const [request] = server.asked;
  assertEquals(request?.url, `http://${host}/a%20b?c`);
  const own = ["accept", "accept-encoding", "accept-language", "user-agent"];
  assertEquals(Object.keys(request!.headers).sort(), [...own, "host"].sort());
});

Deno.test("a host is asked under its own name at the address that was checked, however often it is resolved", async () => {
  await using server = serve(good);
  const name = `files.example.com:${server.port}`;
  let resolved = 0;
  const got = await fetchFile(`http://${name}/a`, [
    name,
    `127.0.0.1:${server.port}`,
  ], {
    resolve: () => {
      resolved++;
      return Promise.resolve(["10.0.0.1", "127.0.0.1"]);
    },
  });
  assertEquals(got.text, "a file");
  assertEquals(resolved, 1);
  assertEquals(server.asked[0]?.headers.host, name);
});

for (
  const [what, addresses] of [
    ["this machine", ["127.0.0.1"]],
    ["a private network", ["10.0.0.5", "fd00::1"]],
    ["where clouds hand out credentials", ["169.254.169.254"]],
    ["nowhere", []],
  ] as const
) {
  Deno.test(`a named host that leads to ${what} is not asked`, async () => {
    await using server = serve(good);
    const name = `files.example.com:${server.port}`;
    await assertRejects(
      () =>
        fetchFile(`http://${name}/a`, [name], {
          resolve: () => Promise.resolve(addresses),
        }),
      NotAllowedError,
    );
    assertEquals(server.asked, []);
  });
}

for (
  const [what, address] of [
    ["another host", "http://evil.example/a"],
    ["another port", "http://127.0.0.1:1/a"],
    ["a user and a password", "http://user:secret@HOST/a"],
    ["a host in the place of the user", "http://HOST@evil.example/a"],
    ["another scheme", "ftp://HOST/a"],
    ["a file of this machine", "file:///etc/passwd"],
    ["no address", "nonsense"],
  ] as const
) {
  Deno.test(`an address with ${what} is not allowed`, async () => {
    await using server = serve(good);
    const host = `127.0.0.1:${server.port}`;
    await assertRejects(
      () => fetchFile(address.replace("HOST", host), [host]),
      NotAllowedError,
    );
    assertEquals(server.asked, []);
  });
}

Deno.test("a redirect is not followed, wherever it leads", async () => {
  await using other = serve(good);
  await using server = serve(() =>
    Response.redirect(`http://127.0.0.1:${other.port}/secret`)
  );
  const host = `127.0.0.1:${server.port}`;
  await assertRejects(
    () => fetchFile(`http://${host}/a`, [host, `127.0.0.1:${other.port}`]),
    PermanentError,
    "302",
  );
  assertEquals(other.asked, []);
});

for (
  const [status, kind] of [
    [404, PermanentError],
    [403, PermanentError],
    [206, PermanentError],
    [429, TransientError],
    [503, TransientError],
  ] as const
) {
  Deno.test(`HTTP ${status} is a ${kind.name}, and its body no file`, async () => {
    await using server = serve(() => new Response("no", { status }));
    const host = `127.0.0.1:${server.port}`;
    const error = await assertRejects(() =>
      fetchFile(`http://${host}/a`, [host])
    );
    assert(error instanceof kind);
  });
}

for (const told of [true, false]) {
  Deno.test(`a file that is too long is left, its length ${told ? "" : "not "}told`, async () => {
    await using server = serve(() =>
      told ? new Response("x".repeat(2_000)) : new Response(
        new Blob(["x".repeat(500_000)]).stream(),
      )
    );
    const host = `127.0.0.1:${server.port}`;
    await assertRejects(
      () => fetchFile(`http://${host}/a`, [host]),
      TooLargeError,
    );
  });
}

Deno.test("a host that cannot be resolved, or hears nobody, may come back", async () => {
  const server = serve(good);
  const host = `127.0.0.1:${server.port}`;
  await server[Symbol.asyncDispose]();
  await assertRejects(
    () => fetchFile(`http://${host}/a`, [host]),
    TransientError,
  );
  const error = await assertRejects(
    () => fetchFile("http://gone.example/a", ["gone.example"]),
    TransientError,
  );
  assert(error.message.includes("no such host"));
});

Deno.test("a server that never comes to an end is left after the time that a message has", async () => {
  const end = Promise.withResolvers<void>();
  await using server = serve(async () => {
    await end.promise;
    return good();
  });
  const host = `127.0.0.1:${server.port}`;
  await assertRejects(
    () => fetchFile(`http://${host}/a`, [host], { messageMs: 20 }),
    TransientError,
    "20 ms",
  );
  end.resolve();
});
