import { assert, assertEquals, assertThrows } from "@std/assert";
import { ROTATE_CREDENTIALS, UsageError } from "./errors.ts";
import {
  checkApiUrl,
  checkToken,
  checkWorkspaceId,
  type ConnectOptions,
  DEFAULTS,
  MAX_SINCE_SECS,
  resolveOptions,
} from "./options.ts";

const backend = {
  name: "none",
  handle: () => Promise.resolve({ parts: [] }),
};
const GOOD: ConnectOptions = {
  apiUrl: "https://molecule.example",
  workspaceId: "5b0f6c1e-8a37-4d19-9c42-7e1d3a60b8f4",
  token: "abcDEF123_-x",
  backend,
};

Deno.test("resolveOptions() fills in every default", () => {
  assertEquals(resolveOptions(GOOD), { ...DEFAULTS, once: false, ...GOOD });
});

Deno.test("resolveOptions() takes an option that is undefined for absent", () => {
  const resolved = resolveOptions({
    ...GOOD,
    concurrency: undefined,
    agentName: undefined,
    stateDir: undefined,
  });
  assertEquals(resolved.concurrency, DEFAULTS.concurrency);
  assertEquals(resolved.agentName, DEFAULTS.agentName);
  assert(!("stateDir" in resolved));
});

Deno.test("resolveOptions() takes the agent's name from the card, unless it is given on its own", () => {
  const agentCard = { name: "of the card", model: "m" };
  assertEquals(
    resolveOptions({ ...GOOD, agentCard }).agentName,
    "of the card",
  );
  const both = resolveOptions({ ...GOOD, agentCard, agentName: "own" });
  assertEquals([both.agentName, both.agentCard], ["own", agentCard]);
});

Deno.test("resolveOptions() keeps what was given", () => {
  const given = {
    agentName: "a",
    agentDescription: "b",
    pollIntervalMs: 1,
    heartbeatIntervalMs: 2,
    receipts: false,
    sinceSecs: 0,
    stateDir: "/s",
    concurrency: 4,
    backendTimeoutMs: 5,
    maxAttempts: 6,
    graceMs: 0,
    requestTimeoutMs: 8,
    orgId: "o",
    origin: "off",
    session: "new",
    resetCommand: "/new",
    allowPeers: ["p"],
    allowOrigins: ["peer", "canvas"],
    peerRate: 9,
    maxExchanges: 0,
    allowFileHosts: ["files.example.com", "127.0.0.1:8080"],
    once: true,
  } as const;
  assertEquals(resolveOptions({ ...GOOD, ...given }), { ...GOOD, ...given });
});

/** What is refused, with the option that the message must name. */
const REFUSED: readonly (readonly [name: string, value: unknown])[] = [
  ["workspaceId", undefined],
  ["workspaceId", ""],
  ["workspaceId", 5],
  ["workspaceId", "a/b"],
  ["workspaceId", "../x"],
  ["workspaceId", "a..b"],
  ["workspaceId", "-flag"],
  ["workspaceId", "a b"],
  ["workspaceId", "x".repeat(201)],
  ["session", "old"],
  ["session", null],
  ["resetCommand", ""],
  ["resetCommand", " \n"],
  ["resetCommand", 5],
  ["allowFileHosts", "files.example.com"],
  ["allowFileHosts", null],
  ["allowFileHosts", ["*.example.com"]],
  ["backend", undefined],
  ["backend", null],
  ["backend", { name: "x" }],
  ["backend", { handle: () => {} }],
  ["backend", "mock"],
  ["apiUrl", undefined],
  ["apiUrl", ""],
  ["apiUrl", "molecule.example"],
  ["apiUrl", "ftp://molecule.example"],
  ["apiUrl", "https://me:pw@molecule.example"],
  ["apiUrl", "https://molecule.example/?a=1"],
  ["apiUrl", "https://molecule.example/#top"],
  ["token", undefined],
  ["token", "<paste from create response>"],
  ["token", "<ROTATE_TO_REVEAL_TOKEN>"],
  ["token", "ROTATE_TO_REVEAL_TOKEN"],
  ["token", "two words"],
  ["token", '""'],
  ["token", "line\nbreak"],
  ["token", "tökén"],
  ["pollIntervalMs", 0],
  ["pollIntervalMs", -1],
  ["pollIntervalMs", 1.5],
  ["pollIntervalMs", NaN],
  ["pollIntervalMs", Infinity],
  ["pollIntervalMs", "1000"],
  ["pollIntervalMs", 2 ** 31],
  ["pollIntervalMs", 1000n],
  ["heartbeatIntervalMs", 0],
  ["sinceSecs", -1],
  ["sinceSecs", MAX_SINCE_SECS + 1],
  ["concurrency", 0],
  ["concurrency", null],
  ["maxAttempts", 0],
  ["graceMs", -1],
  ["requestTimeoutMs", 0],
  ["backendTimeoutMs", 0],
  ["origin", "sometimes"],
  ["orgId", "line\nbreak"],
  ["orgId", 5],
  ["receipts", "on"],
  ["receipts", null],
  ["allowPeers", "p"],
  ["allowPeers", ["p", ""]],
  ["allowPeers", ["p q"]],
  ["allowPeers", [5]],
  ["allowOrigins", "peer"],
  ["allowOrigins", ["peer", "telegram"]],
  ["peerRate", -1],
  ["peerRate", 0.5],
  ["maxExchanges", -1],
  ["maxExchanges", 10_001],
];
for (const [name, value] of REFUSED) {
  Deno.test(`resolveOptions() refuses ${name} ${Deno.inspect(value)}, and names it`, () => {
    const error = assertThrows(
      () => resolveOptions({ ...GOOD, [name]: value } as ConnectOptions),
      UsageError,
    );
    assert(error.message.startsWith(name), error.message);
    assert(error.hint !== undefined, "says what to give instead");
  });
}

for (
  const [tokens, message, hint] of [
    [
      [
        "YOUR_TOKEN",
        "your-workspace-token",
        "null",
        "undefined",
        "${TOKEN}",
        "$MOLECULE_WORKSPACE_TOKEN",
        "%TOKEN%",
        "the-token-that-was-shown-once",
        "paste the token",
      ],
      "token is a placeholder, not a token",
      ROTATE_CREDENTIALS,
    ],
    [
      ["Bearer abc_9", "bearer abc_9", "Authorization: Bearer abc_9"],
      'token begins with "Bearer"',
      'leave out "Bearer", and give the token alone',
    ],
    [
      ['"abc_9"', "'abc_9'", '"Bearer abc_9"'],
      "token stands in quotes",
      "leave out the quotes",
    ],
    [[" ", "\t \n", '""', "'"], "token is empty", ROTATE_CREDENTIALS],
    [
      [" abc_9", "abc_9 "],
      "token has characters that no token has",
      "copy it again, without blanks or line breaks",
    ],
  ] as const
) {
  Deno.test(`checkToken() says that a ${message}, and what to do`, () => {
    for (const token of tokens) {
      const error = assertThrows(() => checkToken(token), UsageError);
      assertEquals([error.message, error.hint], [message, hint], token);
    }
  });
}

Deno.test("a token may hold what a placeholder is made of", () => {
  for (
    const token of [
      "null-and-void",
      "YOUR_TOKEN_9",
      "$2b$10$abc",
      "Bearer",
      "it's",
      "%41%42",
    ]
  ) checkToken(token);
});

Deno.test("a refused token stands in no error", () => {
  for (const token of ["<secret-abc>", "secret abc", "secret\nabc"]) {
    const error = assertThrows(() => checkToken(token), UsageError);
    assert(!`${error.message} ${error.hint}`.includes("secret"));
  }
});

Deno.test("a password in the address stands in no error", () => {
  for (const url of ["https://me:pa55word@h", "ftp://me:pa55word@h"]) {
    const error = assertThrows(() => checkApiUrl(url), UsageError);
    assert(!error.message.includes("pa55word"));
  }
});

for (
  const [given, used] of [
    ["https://molecule.example", "https://molecule.example"],
    ["https://molecule.example/", "https://molecule.example"],
    ["HTTPS://Molecule.Example:443//", "https://molecule.example"],
    ["http://127.0.0.1:8080/base/", "http://127.0.0.1:8080/base"],
  ] as const
) {
  Deno.test(`checkApiUrl() makes ${used} of ${given}`, () => {
    assertEquals(checkApiUrl(given), used);
  });
}

Deno.test("ids of other platforms than the real one are taken", () => {
  for (const id of ["ws-target", "ws_1", "a.b:c", "A"]) checkWorkspaceId(id);
});

Deno.test("a UUID is used in lower case, as the platform writes it; another id stays as it is", () => {
  const used = (workspaceId: string) =>
    resolveOptions({ ...GOOD, workspaceId }).workspaceId;
  assertEquals(used(GOOD.workspaceId.toUpperCase()), GOOD.workspaceId);
  assertEquals(used("WS-Target"), "WS-Target");
});

Deno.test("a token may begin with a dash, or be empty", () => {
  checkToken("-abC_9");
  checkToken("");
});
