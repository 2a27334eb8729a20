import { assert, assertEquals, assertRejects } from "@std/assert";
import { StateError } from "../errors.ts";
import { isWindows } from "../os/platform.ts";
import { seal } from "./checksum.ts";
import { statePaths } from "./paths.ts";
import { loadMintedToken, saveMintedToken } from "./token_file.ts";

const unexpected = (error: Error) => {
  throw error;
};

async function setUp() {
  const dir = await Deno.makeTempDir();
  return {
    paths: statePaths(dir, "w-1"),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

Deno.test("the token that was minted goes with the one that was given then", async () => {
  await using given = await setUp();
  await saveMintedToken(given.paths, "minted-1", "given-1");
  assertEquals(
    await loadMintedToken(given.paths, "given-1", unexpected),
    "minted-1",
  );
});

Deno.test("a token given anew wins over the minted one", async () => {
  await using given = await setUp();
  await saveMintedToken(given.paths, "minted-1", "given-1");
  assertEquals(
    await loadMintedToken(given.paths, "given-2", unexpected),
    undefined,
  );
  assertEquals(await loadMintedToken(given.paths, "", unexpected), undefined);
});

Deno.test("a token minted without a given one is kept too", async () => {
  await using given = await setUp();
  await saveMintedToken(given.paths, "minted-1", "");
  assertEquals(await loadMintedToken(given.paths, "", unexpected), "minted-1");
});

Deno.test("a later token takes the place of the one before", async () => {
  await using given = await setUp();
  await saveMintedToken(given.paths, "minted-1", "given-1");
  await saveMintedToken(given.paths, "minted-2", "given-1");
  assertEquals(
    await loadMintedToken(given.paths, "given-1", unexpected),
    "minted-2",
  );
});

Deno.test({
  name: "the file is for the owner alone, and does not hold the given token",
  ignore: isWindows,
  fn: async () => {
    await using given = await setUp();
    await saveMintedToken(given.paths, "minted-1", "given-token-1");
    const { mode } = await Deno.stat(given.paths.token);
    assertEquals(mode! & 0o777, 0o600);
    const text = await Deno.readTextFile(given.paths.token);
    assert(!text.includes("given-token-1"));
  },
});

Deno.test("without a file there is no minted token", async () => {
  await using given = await setUp();
  assertEquals(
    await loadMintedToken(given.paths, "given-1", unexpected),
    undefined,
  );
});

for (
  const [what, content] of [
    ["an empty file", ""],
    ["half a file", '{"token":"minted-1","given_sha'],
    ["bytes that are no text", "\xff\xfe"],
    ["a list", "[]"],
    ["a number for a token", seal({ version: 1, token: 5 })],
    ["no checksum, but more", '{"token":"minted-1","given_sha256":"0","x":1}'],
  ] as const
) {
  Deno.test(`${what} holds no token: it is moved aside and told`, async () => {
    await using given = await setUp();
    const bytes = Uint8Array.from(content, (char) => char.charCodeAt(0));
    await Deno.writeFile(given.paths.token, bytes);
    const told: [path: string, movedTo: string][] = [];
    const token = await loadMintedToken(
      given.paths,
      "given-1",
      (error, movedTo) => told.push([error.path, movedTo]),
    );
    assertEquals(token, undefined);
    const [[path, movedTo]] = told as [[string, string]];
    assertEquals([told.length, path], [1, given.paths.token]);
    assertEquals(await Deno.readFile(movedTo), bytes);
    assertEquals(
      await loadMintedToken(given.paths, "given-1", unexpected),
      undefined,
    );
  });
}

Deno.test("a file of before there were checksums holds its token", async () => {
  await using given = await setUp();
  await saveMintedToken(given.paths, "minted-1", "given-1");
  const data = JSON.parse(await Deno.readTextFile(given.paths.token));
  const { token, given_sha256 } = data;
  await Deno.writeTextFile(
    given.paths.token,
    JSON.stringify({ token, given_sha256 }),
  );
  assertEquals(
    await loadMintedToken(given.paths, "given-1", unexpected),
    "minted-1",
  );
});

Deno.test("a file that cannot be read is an error that names it", async () => {
  await using given = await setUp();
  await Deno.mkdir(given.paths.token);
  const error = await assertRejects(
    () => loadMintedToken(given.paths, "given-1", unexpected),
    StateError,
  );
  assertEquals(error.path, given.paths.token);
});

Deno.test("a token that cannot be kept is an error that names the file, not the token", async () => {
  await using given = await setUp();
  await Deno.mkdir(given.paths.token);
  const error = await assertRejects(
    () => saveMintedToken(given.paths, "minted-1", "given-1"),
    StateError,
  );
  assert(error.message.includes(given.paths.token));
  assert(!error.message.includes("minted-1"));
  assert(error.hint !== undefined);
});
