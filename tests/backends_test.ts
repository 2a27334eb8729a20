/** The built-in back ends with real child processes. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { type Backend, textReply } from "../src/backends/backend.ts";
import { createBackend } from "../src/backends/registry.ts";
import { BackendError } from "../src/errors.ts";
import type { LogFields } from "../src/log.ts";
import { isWindows } from "../src/os/platform.ts";
import { testContext, testMessage } from "../src/testing/backend_context.ts";
import { backendContract } from "../src/testing/backend_contract.ts";

/** These tests are written for a POSIX shell. */
const ignore = isWindows;

function exec(cmd: string, more: Record<string, string> = {}): Backend {
  return createBackend("exec", { cmd, ...more });
}

async function answer(backend: Backend, text = "hi"): Promise<string> {
  const { parts } = await backend.handle(testMessage(text), testContext());
  return parts.map((part) => part.kind === "text" ? part.text : "").join("");
}

async function failure(backend: Backend): Promise<BackendError> {
  return await assertRejects(
    () => backend.handle(testMessage("hi"), testContext()),
    BackendError,
  );
}

function posix(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

backendContract({ name: "mock", make: () => createBackend("mock") });
backendContract({
  name: "exec",
  make: () => exec("cat"),
  makeEndless: () => exec("sleep 600"),
  ignore,
});

posix(
  "exec hands over the text, the whole text and nothing but the text",
  async () => {
    const text = "$(id) `id` ; & | > ' \" \\ \n\n no newline at the end";
    assertEquals(await answer(exec("cat; echo ."), text), `${text}.`);
  },
);

posix("exec takes one line end off the answer, and no more", async () => {
  assertEquals(await answer(exec("printf 'a\\n\\n\\n'")), "a\n\n");
});

for (const cmd of ["true", "echo", "printf ' \\n\\t\\n'"]) {
  posix(`exec has nothing to say after ${cmd}`, async () => {
    const reply = await exec(cmd).handle(testMessage("hi"), testContext());
    assertEquals(reply, textReply(""));
  });
}

posix(
  "exec passes 4 MiB through a command that answers while it reads",
  async () => {
    const text = "0123456789abcde\n".repeat(256 * 1024 - 1) +
      "0123456789abcde.";
    assertEquals(await answer(exec("cat"), text), text);
  },
);

posix("exec stops a command that answers more than 4 MiB", async () => {
  const error = await failure(exec("yes"));
  assertEquals(error.kind, "final");
  assertStringIncludes(error.message, "4 MiB");
});

posix("exec does not mind a command that reads nothing", async () => {
  assertEquals(
    await answer(exec("exec 0<&-; echo done"), "x".repeat(1 << 20)),
    "done",
  );
});

posix("exec strips colours and control characters", async () => {
  const cmd = `printf '\\033[1;31mred\\033[0m\\a\\tb\\r\\nc\\n'`;
  assertEquals(await answer(exec(cmd)), "red\tb\nc");
});

posix("exec replaces bytes that are no UTF-8", async () => {
  assertEquals(await answer(exec(`printf 'a\\377b'`)), "a\ufffdb");
});

posix(
  "exec tries again after an exit code, and tells the end of stderr",
  async () => {
    const flood =
      "i=0; while [ $i -lt 2000 ]; do echo line-$i; i=$((i+1)); done";
    const error = await failure(exec(`{ ${flood}; } >&2; exit 3`));
    assertEquals(error.kind, "retry");
    assertStringIncludes(error.message, "exit code 3");
    assertStringIncludes(error.message, "line-1999");
    assert(!error.message.includes("line-9\n"), "the tail is bounded");
    assertEquals(error.publicText, undefined);
  },
);

posix("exec tries again after a command that a signal ended", async () => {
  const error = await failure(exec("kill -9 $$"));
  assertEquals(error.kind, "retry");
  assertStringIncludes(error.message, "SIGKILL");
});

posix("exec gives up on a command that does not exist", async () => {
  const error = await failure(exec("no-such-command-anywhere"));
  assertEquals(error.kind, "final");
  assertStringIncludes(error.message, "no-such-command-anywhere");
  assertStringIncludes(error.hint ?? "", "PATH");
});

posix(
  "exec runs in the workspace's own directory, or where it is told",
  async () => {
    const workDir = await Deno.realPath(await Deno.makeTempDir());
    const own = await exec("pwd -P").handle(
      testMessage("hi"),
      testContext({ workDir }),
    );
    assertEquals(own, textReply(workDir));
    assertEquals(await answer(exec("pwd", { cwd: "/" })), "/");
    await Deno.remove(workDir);
  },
);

posix(
  "exec finds a program that is named from where molecule was started",
  async () => {
    const directory = await Deno.makeTempDir({ dir: "." });
    const program = `./${directory.split("/").at(-1)}/answer.sh`;
    await Deno.writeTextFile(program, "#!/bin/sh\necho $1; cat", {
      mode: 0o755,
    });
    const workDir = await Deno.makeTempDir();
    const reply = await exec(`${program} got:`).handle(
      testMessage("hi"),
      testContext({ workDir }),
    );
    assertEquals(reply, textReply("got:\nhi"));
    await Deno.remove(directory, { recursive: true });
    await Deno.remove(workDir);
  },
);

posix("exec gives data parts as JSON after the text", async () => {
  const parts = [{ kind: "text", text: "look:" }, {
    kind: "data",
    data: { n: [1] },
  }] as const;
  const reply = await exec("cat").handle(
    testMessage("look:", { parts }),
    testContext(),
  );
  const json = JSON.stringify({ n: [1] });
  assertEquals(reply, textReply(`look:\n\n${json}`));
});

posix("exec gives everything as one JSON object where it is told", async () => {
  const message = testMessage("hi", { raw: { any: "thing" } });
  const context = testContext({ attempt: 2, again: true });
  const reply = await exec("cat", { input: "json" }).handle(message, context);
  const [part] = reply.parts;
  const json = JSON.parse(part?.kind === "text" ? part.text : "");
  assertEquals(json.origin, { kind: "peer", id: "peer-1" });
  assertEquals([json.text, json.attempt, json.again], ["hi", 2, true]);
  assertEquals(json.raw, { any: "thing" });
  assertEquals(json.session, { id: context.session.id, fresh: true });
});

posix(
  "exec names files that came, and the directory for files to send",
  async () => {
    const file = (path: string) => ({ path, name: "x", mimeType: "", size: 1 });
    const context = testContext({
      files: [file("/in/a b.txt"), file("/in/c")],
      unavailableFiles: [{ name: "d.pdf", reason: "expired" }],
      outboxDir: "/out",
    });
    const cmd =
      'printf "%s|" "$MOLECULE_FILES" "$MOLECULE_MISSING_FILES" "$MOLECULE_OUTBOX" "$MOLECULE_SESSION"';
    assertEquals(
      await exec(cmd).handle(testMessage("hi"), context),
      textReply(
        `/in/a b.txt\n/in/c|d.pdf (expired)|/out|${context.session.id}|`,
      ),
    );
  },
);

posix(
  "exec tells its own words of progress, the last one without a line end too, and none where they are switched off",
  async () => {
    const told: string[] = [];
    const seen = Promise.withResolvers<void>();
    const context = testContext({
      progress: (text) => {
        told.push(text);
        seen.resolve();
      },
    });
    const fifo = await Deno.makeTempDir();
    await new Deno.Command("mkfifo", { args: [`${fifo}/go`] }).output();
    const turn = exec(
      `echo "step 1" >> "$MOLECULE_PROGRESS"; echo "step 2" >> "$MOLECULE_PROGRESS"
       printf half >> "$MOLECULE_PROGRESS"; cat ${fifo}/go; echo "$MOLECULE_PROGRESS"`,
    ).handle(testMessage("hi"), context);
    await seen.promise;
    await Deno.writeTextFile(`${fifo}/go`, "");
    const [part] = (await turn).parts;
    assertEquals(told, ["step 2", "half"]);
    const path = part?.kind === "text" ? part.text : "";
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
    const silent = exec('echo "[$MOLECULE_PROGRESS]"', {
      public_progress: "false",
    });
    assertEquals(await answer(silent), "[]");
    await Deno.remove(fifo, { recursive: true });
  },
);

posix(
  "exec is not ready in a directory that does not exist, and gives up there",
  async () => {
    const backend = exec("true", { cwd: "/no/such/directory" });
    const readiness = await backend.check?.(testContext().signal);
    assertEquals(readiness, {
      ready: false,
      reason: "/no/such/directory does not exist",
      remedy: "create it, or name another one as cwd",
    });
    assertEquals((await failure(backend)).kind, "final");
  },
);

posix(
  "exec shows a command neither the token nor what it has no use for",
  async () => {
    const token = "tok_live_0123456789";
    const given = {
      MOLECULE_WORKSPACE_TOKEN: token,
      TEST_TOKEN_COPY: token,
      TEST_OTHER: "other",
      TEST_WANTED: "wanted",
    };
    for (const [name, value] of Object.entries(given)) {
      Deno.env.set(
        name,
        value,
      );
    }
    try {
      const env = await answer(exec("env", { pass_env: "TEST_WANTED" }));
      assertStringIncludes(env, "TEST_WANTED=wanted");
      assertStringIncludes(env, "PATH=");
      assertStringIncludes(env, "NO_COLOR=1");
      assert(!env.includes("TEST_OTHER"));
      // Of ours only what belongs to the turn.
      assertEquals(
        (env.match(/MOLECULE_\w*/g) ?? []).sort(),
        "FILES MISSING_FILES OUTBOX PROGRESS SESSION TURN".split(" ").map((
          name,
        ) => `MOLECULE_${name}`),
      );
      const all = await answer(
        exec("env", { pass_env: "*", pass_meta: "true" }),
      );
      assertStringIncludes(all, "TEST_OTHER=other");
      assert(!all.includes(token));
    } finally {
      for (const name of Object.keys(given)) Deno.env.delete(name);
    }
  },
);

posix(
  "exec tells the facts of the message where pass_meta is true",
  async () => {
    const env = await answer(exec("env", { pass_meta: "true" }));
    for (
      const line of [
        "MOLECULE_WORKSPACE_ID=workspace-1",
        "MOLECULE_CALLER_ID=peer-1",
        "MOLECULE_MESSAGE_ID=message-1",
        "MOLECULE_TASK_ID=task-1",
        "MOLECULE_METHOD=message/send",
      ]
    ) assertStringIncludes(env, line);
  },
);

posix("exec logs what a command that went well wrote to stderr", async () => {
  const lines: (LogFields | undefined)[] = [];
  const { log } = testContext();
  const context = testContext({
    log: { ...log, debug: (_, fields) => lines.push(fields) },
  });
  await exec("echo note >&2").handle(testMessage("hi"), context);
  assertEquals(lines, [{ stderr: "note" }]);
});
