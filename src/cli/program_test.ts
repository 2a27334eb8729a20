import { assertEquals } from "@std/assert";
import { programName } from "./program.ts";

const FILE = "file:///somewhere/src/cli/deno_io.ts";
const NPM = { npm_config_user_agent: "npm/10.9.0 node/v22.0.0 linux x64" };
const DENO = { npm_config_user_agent: "deno/2.9.6 npm/? deno/2.9.6 linux" };

const CASES: readonly (readonly [
  standalone: boolean,
  url: string,
  env: Record<string, string>,
  expected: string,
])[] = [
  [false, FILE, {}, "deno task molecule"],
  [false, FILE, DENO, "deno task molecule"],
  [false, FILE, NPM, "npx -y deno task molecule"],
  [
    false,
    FILE,
    { ...DENO, npm_execpath: "/npm-cli.js" },
    "npx -y deno task molecule",
  ],
  [true, FILE, NPM, "molecule"],
  [
    false,
    "https://jsr.io/@molecule/connect/x.ts",
    {},
    "deno run -A jsr:@molecule/connect",
  ],
];

for (const [standalone, url, env, expected] of CASES) {
  const names = Object.keys(env).join() || "no variable";
  Deno.test(`programName() is "${expected}" with ${names}`, () => {
    const started = { standalone, url, env: (name: string) => env[name] };
    assertEquals(programName(started), expected);
  });
}
