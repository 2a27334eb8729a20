import { assertEquals, assertObjectMatch, assertRejects } from "@std/assert";
import { UsageError } from "../errors.ts";
import { connectSettings } from "./connect_settings.ts";
import { CONNECT_FLAGS } from "./options.ts";
import { parseLine } from "./parse.ts";

const HOME = { HOME: "/home/somebody", APPDATA: "C:\\Users\\somebody" };

function settings(args: readonly string[], env: Record<string, string> = {}) {
  const all: Record<string, string> = { ...HOME, ...env };
  return connectSettings(
    parseLine(args, CONNECT_FLAGS),
    (name) => all[name],
  );
}

const BASE = [
  "w-1",
  "--api-url",
  "https://molecule.example/",
  "--token",
  "t0ken",
  "--backend",
  "mock",
];

Deno.test("connectSettings() hands on what was given", async () => {
  const { options, backendOptions, json, level } = await settings([
    ...BASE,
    ..."--backend-opt reply=yes --org-id o-1 --origin off --agent-name A --agent-description B"
      .split(" "),
    ...["--agent-model", "opus", "--agent-skill", "Code review: C: D"],
    ..."--interval-ms 250 --since-secs 0 --heartbeat-ms 20000 --concurrency 4 --max-attempts 5"
      .split(" "),
    ..."--backend-opt session=new --backend-opt reset_command=/new".split(" "),
    ..."--allow-peer p-1 --allow-peer p-2,p-3 --allow-origin canvas,peer".split(
      " ",
    ),
    ..."--peer-rate 30 --max-exchanges 0 --receipts off".split(" "),
    ..."--allow-file-host files.example.com --allow-file-host ::1".split(" "),
    ..."--state-dir /s --grace 1m30s --once --json --verbose".split(" "),
  ]);
  const { backend, ...rest } = options;
  assertEquals(backend.name, "mock");
  assertEquals(backendOptions, {
    reply: "yes",
    session: "new",
    reset_command: "/new",
  });
  assertEquals(rest, {
    apiUrl: "https://molecule.example",
    workspaceId: "w-1",
    token: "t0ken",
    session: "new",
    resetCommand: "/new",
    agentName: "A",
    agentDescription: "B",
    agentCard: {
      model: "opus",
      skills: [{ id: "code-review", name: "Code review", description: "C: D" }],
    },
    pollIntervalMs: 250,
    heartbeatIntervalMs: 20_000,
    receipts: false,
    sinceSecs: 0,
    stateDir: "/s",
    concurrency: 4,
    maxAttempts: 5,
    allowPeers: ["p-1", "p-2", "p-3"],
    allowOrigins: ["peer", "canvas"],
    peerRate: 30,
    maxExchanges: 0,
    allowFileHosts: ["files.example.com", "::1"],
    graceMs: 90_000,
    orgId: "o-1",
    origin: "off",
    once: true,
  });
  assertEquals([json, level], [true, "debug"]);
});

Deno.test("connectSettings() leaves defaults to connect()", async () => {
  const { options, level, json, dryRun, warnings } = await settings(BASE);
  assertEquals(options.pollIntervalMs, undefined);
  assertEquals(options.graceMs, 30_000);
  assertEquals(options.stateDir.includes("molecule"), true);
  assertEquals({ level, json, dryRun, warnings }, {
    level: "info",
    json: false,
    dryRun: false,
    warnings: [],
  });
});

Deno.test("connectSettings() reads the environment, in its order", async () => {
  const env = {
    WORKSPACE_ID: "w-2",
    PLATFORM_URL: "http://d",
    MOLECULE_PLATFORM_URL: "http://c",
    MOLECULE_URL: "http://b",
    MOLECULE_WORKSPACE_TOKEN: "-t0ken",
    MOLECULE_ORG: "o-3",
    MOLECULE_STATE_DIR: "/s",
    MOLECULE_POLL_INTERVAL_MS: "5000",
    MOLECULE_POLL_WINDOW_SECS: "60",
    MOLECULE_HEARTBEAT_INTERVAL_MS: "25000",
    MOLECULE_AGENT_NAME: "A",
    MOLECULE_AGENT_DESC: "B",
  };
  assertObjectMatch((await settings(["--backend", "mock"], env)).options, {
    workspaceId: "w-2",
    apiUrl: "http://b",
    token: "-t0ken",
    orgId: "o-3",
    stateDir: "/s",
    pollIntervalMs: 5_000,
    sinceSecs: 60,
    heartbeatIntervalMs: 25_000,
    agentName: "A",
    agentDescription: "B",
  });
  const first = {
    ...env,
    MOLECULE_WORKSPACE_ID: "w-1",
    MOLECULE_API_URL: "http://a",
    MOLECULE_ORGANIZATION_ID: "o-2",
  };
  assertObjectMatch((await settings(["--backend", "mock"], first)).options, {
    workspaceId: "w-1",
    apiUrl: "http://a",
    orgId: "o-2",
  });
});

Deno.test("connectSettings() lets a flag win over the environment", async () => {
  const { options } = await settings([...BASE, "--interval-ms", "70"], {
    MOLECULE_WORKSPACE_ID: "w-9",
    MOLECULE_API_URL: "not even a URL",
    MOLECULE_WORKSPACE_TOKEN: "other",
    MOLECULE_POLL_INTERVAL_MS: "80",
  });
  assertObjectMatch(options, {
    workspaceId: "w-1",
    apiUrl: "https://molecule.example",
    token: "t0ken",
    pollIntervalMs: 70,
  });
});

Deno.test("connectSettings() takes an empty variable for an absent one", async () => {
  const { options } = await settings(BASE, {
    MOLECULE_ORG_ID: "",
    MOLECULE_POLL_INTERVAL_MS: "",
  });
  assertEquals([options.orgId, options.pollIntervalMs], [undefined, undefined]);
});

Deno.test("connectSettings() warns of an empty token given on purpose", async () => {
  const args = [
    "w-1",
    "--api-url",
    "http://a",
    "--backend",
    "mock",
    "--token=",
  ];
  const { options, warnings } = await settings(args, {
    MOLECULE_WORKSPACE_TOKEN: "from the environment",
  });
  assertEquals(options.token, "");
  assertEquals(warnings.length, 1);
});

const with_ = (...more: string[]) => [...BASE, ...more];
const without = (flag: string) => BASE.toSpliced(BASE.indexOf(flag), 2);

const BAD: readonly (readonly [
  args: string[],
  message: string,
  hint: string,
  env?: Record<string, string>,
])[] = [
  [BASE.slice(1), "no workspace id", "molecule connect <workspace-id>"],
  [["../x", ...BASE.slice(1)], 'workspace id "../x"', "platform shows"],
  [["a/b", ...BASE.slice(1)], 'workspace id "a/b"', "platform shows"],
  [["a..b", ...BASE.slice(1)], 'workspace id "a..b"', "platform shows"],
  [BASE.slice(1), 'WORKSPACE_ID "a b"', "platform shows", {
    WORKSPACE_ID: "a b",
  }],
  [["w-1", ...BASE], 'unexpected argument "w-1"', "takes one workspace id"],
  [without("--api-url"), "no platform address", "MOLECULE_API_URL"],
  [without("--api-url"), 'MOLECULE_URL "x.example"', "https://", {
    MOLECULE_URL: "x.example",
  }],
  [
    [...without("--api-url"), "--api-url", "localhost:80"],
    '--api-url "localhost:80"',
    "https://",
  ],
  [
    [...without("--api-url"), "--api-url", "https://u:p@x.example"],
    "--api-url holds a user name",
    "without it",
  ],
  [without("--token"), "no token", "MOLECULE_WORKSPACE_TOKEN"],
  [without("--token"), "no token", "--token-file"],
  [without("--token"), "MOLECULE_WORKSPACE_TOKEN is empty", "rotate", {
    MOLECULE_WORKSPACE_TOKEN: "",
  }],
  [
    without("--token"),
    "MOLECULE_WORKSPACE_TOKEN is a placeholder",
    "rotate",
    { MOLECULE_WORKSPACE_TOKEN: "<ROTATE_TO_REVEAL_TOKEN>" },
  ],
  [
    [...without("--token"), "--token", "<paste from create response>"],
    "--token is a placeholder",
    "rotate",
  ],
  [with_("--token-file", "x"), "--token and --token-file", "one of them"],
  [
    [...without("--token"), "--token-file", "/no/such/file"],
    '--token-file "/no/such/file" cannot be read',
    "holds the token",
  ],
  [with_("--interval-ms", "0"), '--interval-ms "0"', "whole number from 50"],
  [with_("--interval-ms", "-5"), '--interval-ms "-5"', "whole number"],
  [with_("--interval-ms", "1.5"), '--interval-ms "1.5"', "whole number"],
  [with_("--interval-ms", "1e3"), '--interval-ms "1e3"', "whole number"],
  [with_("--interval-ms", " 5"), '--interval-ms " 5"', "whole number"],
  [with_("--interval-ms", "many"), '--interval-ms "many"', "whole number"],
  [with_("--interval-ms", "3000000000"), '"3000000000"', "3600000"],
  [BASE, 'MOLECULE_POLL_INTERVAL_MS "fast"', "whole number", {
    MOLECULE_POLL_INTERVAL_MS: "fast",
  }],
  [with_("--since-secs", "-1"), '--since-secs "-1"', "whole number from 0"],
  [with_("--since-secs", "2592001"), '"2592001"', "2592000"],
  [with_("--interval-ms", "49"), '--interval-ms "49"', "from 50 to 3600000"],
  [with_("--heartbeat-ms", "999"), '"999"', "from 1000 to 3600000"],
  [with_("--heartbeat-ms", "0"), '--heartbeat-ms "0"', "whole number"],
  [with_("--concurrency", "0"), '--concurrency "0"', "whole number"],
  [with_("--allow-peer", "a b"), '--allow-peer "a b"', "ids of workspaces"],
  [
    with_("--allow-peer", "a,,b"),
    '--allow-peer "a,,b" names nothing',
    "commas",
  ],
  [with_("--allow-origin", "peer,human"), '"human"', "peer, canvas, channel"],
  [with_("--peer-rate", "-1"), '--peer-rate "-1"', "from 0 to 10000"],
  [with_("--max-exchanges", "1.5"), '--max-exchanges "1.5"', "whole number"],
  [with_("--max-attempts", "x"), '--max-attempts "x"', "whole number"],
  [with_("--grace", "30"), '--grace "30"', "1h30m"],
  [with_("--grace", "soon"), '--grace "soon"', "1h30m"],
  [with_("--mode", "push"), "--mode push", "--mode poll"],
  [with_("--mode", "pull"), '--mode "pull"', "poll or push"],
  [with_("--origin", "yes"), '--origin "yes"', "auto, on or off"],
  [with_("--log-level", "loud"), '--log-level "loud"', "debug, info"],
  [with_("--quiet", "--verbose"), "--quiet and --verbose", "one of them"],
  [with_("--log-level=info", "--quiet"), "--log-level and --quiet", "one of"],
  [with_("--org-id", "o 1"), '--org-id "o 1"', "without spaces"],
  [with_("--agent-name", "a\nb"), '--agent-name "a\\nb"', "one line"],
  [with_("--backend-opt", "reply"), '--backend-opt "reply"', "KEY=VALUE"],
  [with_("--backend-opt", "=x"), '--backend-opt "=x"', "KEY=VALUE"],
  [
    with_("--backend-opt", "reply=a", "--backend-opt", "reply=b"),
    '"reply" twice',
    "once",
  ],
  [with_("--backend-opt", "repl=a"), '"repl"', "reply"],
  [[...without("--backend"), "--backend", "moc"], '"moc"', "mock"],
];

for (const [args, message, hint, env] of BAD) {
  const from = env === undefined ? "" : ` with ${Object.keys(env).join()}`;
  Deno.test(`connectSettings() refuses ${args.join(" ")}${from}`, async () => {
    const error = await assertRejects(
      () => settings(args, env),
      UsageError,
      message,
    );
    assertEquals(error.hint?.includes(hint), true, error.hint);
  });
}

Deno.test("connectSettings() says where to keep the state if it cannot tell", async () => {
  const error = await assertRejects(
    () => connectSettings(parseLine(BASE, CONNECT_FLAGS), () => undefined),
    UsageError,
  );
  assertEquals(error.hint, "type --state-dir DIR");
});
