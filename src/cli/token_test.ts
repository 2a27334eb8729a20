import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../errors.ts";
import { isWindows } from "../os/platform.ts";
import { CONNECT_FLAGS } from "./options.ts";
import { parseLine } from "./parse.ts";
import { readToken } from "./token.ts";

async function fromFile(content: string, mode = 0o600) {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, content);
    if (!isWindows) await Deno.chmod(path, mode);
    return await readToken(
      parseLine(["--token-file", path], CONNECT_FLAGS),
      () => undefined,
    );
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readToken() trims the newline at the end of a file", async () => {
  for (const content of ["-abC_9", "-abC_9\n", "-abC_9\r\n"]) {
    assertEquals(await fromFile(content), { token: "-abC_9", warnings: [] });
  }
});

Deno.test("readToken() refuses a file without a token in it", async () => {
  for (
    const [content, message] of [
      ["\n", "is empty"],
      ["one\ntwo\n", "characters that no token has"],
      ["<ROTATE_TO_REVEAL_TOKEN>\n", "is a placeholder"],
    ] as const
  ) {
    await assertRejects(() => fromFile(content), UsageError, message);
  }
});

Deno.test({
  name: "readToken() warns of a file that others can read",
  ignore: isWindows,
  fn: async () => {
    for (const mode of [0o644, 0o640, 0o604]) {
      assertEquals((await fromFile("abc", mode)).warnings.length, 1);
    }
    assertEquals((await fromFile("abc", 0o400)).warnings, []);
  },
});

Deno.test("readToken() lets a file win over the environment", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "from-the-file\n");
  const { token } = await readToken(
    parseLine([`--token-file=${path}`], CONNECT_FLAGS),
    () => "from-the-environment",
  );
  await Deno.remove(path);
  assertEquals(token, "from-the-file");
});
