import { assertEquals } from "@std/assert";
import { claudeEnv } from "./env.ts";

const PARENT = {
  PATH: "/bin",
  ANTHROPIC_API_KEY: "sk-ant-1",
  CLAUDE_CODE_OAUTH_TOKEN: "oat",
  CLAUDE_CONFIG_DIR: "/c",
  CLAUDECODE: "1",
  CLAUDE_CODE_ENTRYPOINT: "cli",
  CLAUDE_CODE_SSE_PORT: "1234",
  CLAUDE_CODE_DISABLE_ATTACHMENTS: "0",
  AWS_SECRET_ACCESS_KEY: "aws",
  OPENAI_API_KEY: "sk-openai",
  MOLECULE_WORKSPACE_TOKEN: "tok_0123456789",
};

Deno.test("claudeEnv() has claude's own keys and the switches that make it safe", () => {
  assertEquals(claudeEnv(PARENT, [], {}), {
    PATH: "/bin",
    ANTHROPIC_API_KEY: "sk-ant-1",
    CLAUDE_CODE_OAUTH_TOKEN: "oat",
    CLAUDE_CONFIG_DIR: "/c",
    NO_COLOR: "1",
    TERM: "dumb",
    CLAUDE_CODE_DISABLE_FILE_MENTIONS: "1",
    CLAUDE_CODE_DISABLE_ATTACHMENTS: "1",
    CLAUDE_CODE_DISABLE_AUTO_MEMORY: "1",
    CLAUDE_CODE_DISABLE_CRON: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_MAX_RETRIES: "3",
  });
});

Deno.test("claudeEnv() passes the keys of a cloud only where claude is to use it", () => {
  const parent = { ...PARENT, CLAUDE_CODE_USE_BEDROCK: "1" };
  const env = claudeEnv(parent, [], {});
  assertEquals(env.AWS_SECRET_ACCESS_KEY, "aws");
  assertEquals(env.CLAUDE_CODE_USE_BEDROCK, "1");
});

Deno.test("claudeEnv() lets no pass_env switch the safety off", () => {
  const env = claudeEnv(PARENT, ["*"], {});
  assertEquals(env.CLAUDE_CODE_DISABLE_ATTACHMENTS, "1");
  assertEquals(env.CLAUDECODE, undefined);
  assertEquals(env.CLAUDE_CODE_ENTRYPOINT, undefined);
  assertEquals(env.OPENAI_API_KEY, "sk-openai");
});

Deno.test("claudeEnv() leaves the number of tries to an operator who set it", () => {
  const parent = { ...PARENT, CLAUDE_CODE_MAX_RETRIES: "7" };
  assertEquals(claudeEnv(parent, [], {}).CLAUDE_CODE_MAX_RETRIES, "7");
});

Deno.test("claudeEnv() takes an empty CLAUDE_CONFIG_DIR for none", () => {
  const env = claudeEnv({ ...PARENT, CLAUDE_CONFIG_DIR: "" }, [], {});
  assertEquals(Object.hasOwn(env, "CLAUDE_CONFIG_DIR"), false);
});
