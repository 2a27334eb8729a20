/** What people paste into the chat, and what commands answer, at their worst: through the program, to a real child and back. */
import { assert, assertEquals } from "@std/assert";
import { isWindows } from "../src/os/platform.ts";
import { type Chat, chat } from "./chat_stage.ts";

/** The commands are written for a POSIX shell. */
const ignore = isWindows;

/** What a person pastes; `FILE` stands for a file that must not come to be. */
const SNIPPETS: readonly (readonly [what: string, text: string])[] = [
  ["a substitution", "$(touch FILE)"],
  ["backticks", "`touch FILE`"],
  ["a command after the text", "x; touch FILE"],
  ["a command after the line", "x\ntouch FILE\n"],
  ["a command in the background", "x & touch FILE &"],
  ["a pipe", "x | touch FILE"],
  ["an end of single quotes", "'; touch FILE; '"],
  ["an end of double quotes", '"; touch FILE; "'],
  ["an end of a here-document", "EOF\ntouch FILE\n<<EOF"],
  ["variables", "$HOME ${PATH} $$ $? %PATH% !! !touch FILE"],
  ["a redirection", "x > FILE"],
  ["leading dashes", "--help -rf --backend mock -- touch FILE"],
  ["a file mention", "@/etc/passwd @FILE"],
  ["a command of an agent", "/config autoCompact=false\n/exit"],
  ["formats and escapes", "%s %n %d \\n \\0 \\x41 \\u0041 \\\\"],
  ["line ends of all kinds", "a\r\nb\rc\n\n\n d\t\n"],
  ["characters of all kinds", "Ümläut 漢字 👨‍👩‍👧 e\u0301 \u200f \u2028 \ufeff x"],
  ["an end of JSON", '"}]}}, {"method":"tasks/cancel"} //'],
  ["page code", "<script>alert(1)</script><img src=x onerror=alert(1)>"],
  ["a secret's name", "$MOLECULE_WORKSPACE_TOKEN ${MOLECULE_STATE_DIR}"],
];

/** Says all of the snippets, one after another. */
async function saysAll(it: Chat): Promise<void> {
  for (const [i, [, text]] of SNIPPETS.entries()) {
    await it.say(text.replaceAll("FILE", `${it.dir}/witness`));
    await it.bubbles(i + 1);
  }
}

Deno.test({
  name:
    "what a person pastes runs nothing, and reaches the command as it was written",
  ignore,
  async fn() {
    const command =
      'n=$(ls "$STAGE" | grep -c got); cat > "$STAGE/got$n"; echo "$n"';
    await using it = await chat(command);
    await saysAll(it);
    for (const [i, [what, text]] of SNIPPETS.entries()) {
      const got = await Deno.readTextFile(`${it.dir}/got${i}`);
      const written = text.replaceAll("FILE", `${it.dir}/witness`);
      assertEquals(got, written, what);
    }
    const left = [...Deno.readDirSync(it.dir)].map(({ name }) => name);
    assert(!left.includes("witness"));
    assertEquals(left.length, SNIPPETS.length + 1); // and the state
    // In the log there is none of it.
    for (const text of [it.program.stderr.text, it.program.stdout.text]) {
      assert(!text.includes("witness") && !text.includes("alert"), text);
    }
  },
});

Deno.test({
  name: "what a command answers is shown as it is, and runs nothing",
  ignore,
  async fn() {
    await using it = await chat("cat");
    await saysAll(it);
    const shown = it.sandbox.notifies(it.id);
    for (const [i, [what, text]] of SNIPPETS.entries()) {
      const written = text.replaceAll("FILE", `${it.dir}/witness`);
      // One line end goes, as of any command; line ends are those of the chat.
      const expected = written.replaceAll(/\r\n?/g, "\n")
        .replace(/\n$/, "");
      assertEquals(shown[i], expected, what);
    }
    const left = [...Deno.readDirSync(it.dir)].map(({ name }) => name);
    assertEquals(left, ["state"]);
  },
});

/** What a command answers, and what the person is shown. */
const ANSWERS: readonly (readonly [
  what: string,
  command: string,
  shown: (bubble: string) => void,
])[] = [
  [
    "a megabyte of colours",
    `yes "$(printf '\\033[31mred\\033[0m and plain')" | head -n 80000`,
    (bubble) => {
      assert(bubble.startsWith("red and plain\nred and plain\n"));
      assert(bubble.length <= 10_000);
      assert(!/\p{C}/u.test(bubble.replaceAll("\n", "")));
      assert(!bubble.includes("[0m"));
    },
  ],
  [
    "one line of a megabyte",
    "head -c 1000000 /dev/zero | tr '\\0' x",
    (bubble) => {
      assert(/^x{9000}/.test(bubble));
      assert(bubble.length <= 10_000);
    },
  ],
  [
    "control characters",
    `printf 'a\\000b\\007c\\010d\\033]0;title\\007e\\033[2J\\tf\\r\\ng'`,
    (bubble) => assertEquals(bubble, "abcde\tf\ng"),
  ],
  [
    "bytes that are no text",
    `printf 'caf\\351 \\377\\376 \\303( end'`,
    (bubble) => assertEquals(bubble, "caf\ufffd \ufffd\ufffd \ufffd( end"),
  ],
  [
    "nothing but escapes",
    `printf '\\033[2J\\033[0m\\n\\n'`,
    (bubble) => assertEquals(bubble, "I have nothing to say to this."),
  ],
];

for (const [what, command, verify] of ANSWERS) {
  Deno.test({
    name: `an answer of ${what} ends in one bubble that can be read`,
    ignore,
    async fn() {
      await using it = await chat(command);
      await it.say("Hello");
      const [bubble = ""] = await it.bubbles(1);
      await it.quiet();
      verify(bubble);
      assertEquals(it.sandbox.notifies(it.id).length, 1);
    },
  });
}
