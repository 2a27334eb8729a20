import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../errors.ts";
import { checkPassEnv, childEnv, passedSecrets } from "./child_env.ts";

const TOKEN = "tok_0123456789";
const PARENT = {
  PATH: "/bin",
  HOME: "/home/u",
  LC_ALL: "C.UTF-8",
  XDG_CONFIG_HOME: "/home/u/.config",
  https_proxy: "http://proxy.example",
  SystemRoot: "C:\\Windows",
  TERM: "xterm-256color",
  OPENAI_API_KEY: "sk-1234567890",
  LD_PRELOAD: "/x.so",
  MOLECULE_WORKSPACE_TOKEN: TOKEN,
  MOLECULE_WORKSPACE_ID: "w1",
  MOLECULE_API_URL: "https://platform.example",
  COPY: TOKEN,
  NO_PROXY: `host,${TOKEN}`,
};

Deno.test("childEnv() passes what every child needs, and nothing else", () => {
  assertEquals(childEnv(PARENT, [], {}), {
    PATH: "/bin",
    HOME: "/home/u",
    LC_ALL: "C.UTF-8",
    XDG_CONFIG_HOME: "/home/u/.config",
    https_proxy: "http://proxy.example",
    SystemRoot: "C:\\Windows",
    NO_COLOR: "1",
    TERM: "dumb",
  });
});

Deno.test("childEnv() passes what is named, also by its beginning", () => {
  const env = childEnv(PARENT, ["OPENAI_API_KEY", "LD_*"], {});
  assertEquals(env.OPENAI_API_KEY, "sk-1234567890");
  assertEquals(env.LD_PRELOAD, "/x.so");
});

Deno.test("childEnv() never passes the connector's own variables, nor the token under another name", () => {
  const env = childEnv(PARENT, ["*", "MOLECULE_*", "COPY"], {});
  const leaked = Object.entries(env).filter(([name, value]) =>
    name.startsWith("MOLECULE_") || value.includes(TOKEN)
  );
  assertEquals(leaked, []);
});

Deno.test("childEnv() sets what it is told last of all", () => {
  const env = childEnv(PARENT, [], { PATH: "/opt", MOLECULE_TASK_ID: "t" });
  assertEquals(env.PATH, "/opt");
  assertEquals(env.MOLECULE_TASK_ID, "t");
});

Deno.test("checkPassEnv() refuses the connector's own variables", () => {
  checkPassEnv(["OPENAI_API_KEY", "*"]);
  for (const name of ["MOLECULE_WORKSPACE_TOKEN", "molecule_x", "MOLECULE_*"]) {
    assertThrows(() => checkPassEnv([name]), UsageError, name);
  }
});

Deno.test("passedSecrets() finds keys and tokens by the names of their variables", () => {
  const secrets = {
    ANTHROPIC_API_KEY: "sk-ant-0123456789",
    CLAUDE_CODE_OAUTH_TOKEN: "oat-0123456789",
    AWS_SECRET_ACCESS_KEY: "aws-0123456789",
    AWS_BEARER_TOKEN_BEDROCK: "bed-0123456789",
  };
  const others = {
    PATH: "/usr/local/bin:/usr/bin",
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: "100000000",
    AWS_ACCESS_KEY_ID: "AKIA0123456789",
    EMPTY_TOKEN: "",
  };
  const parent = { ...others, ...secrets };
  assertEquals(passedSecrets(parent, ["*"]), Object.values(secrets));
  assertEquals(passedSecrets(parent, ["ANTHROPIC_*", "PATH"]), [
    secrets.ANTHROPIC_API_KEY,
  ]);
});
