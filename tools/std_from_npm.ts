/**
 * Where JSR cannot be reached: the same `@std` modules out of npm's `deno-std`, a republication of `@std` compiled
 * to JavaScript. Everything is typed `any` here; the real types are checked where JSR answers.
 */
import { fileURLToPath as fromFileUrl } from "node:url";

/** Where each module comes from: the release that has it working, a mended copy of it, or a stand-in. */
const MODULES: Readonly<
  Record<string, "1.4.0" | "1.2.0" | "local" | "stand-in">
> = {
  "async/delay": "1.4.0",
  "async/retry": "1.4.0",
  "cli/parse-args": "1.4.0",
  "jsonc/parse": "1.4.0",
  "assert": "1.2.0",
  "fs/ensure-dir": "1.2.0",
  "path": "1.2.0",
  // Imports "data-structures", a folder that the package calls "data_structures": copied, with a twin of it.
  "testing/time": "local",
  "log/base-handler": "stand-in",
  "log/logger": "stand-in",
};

const root = new URL("../", import.meta.url);
const cache = new URL(".std/", root);
/** Change it when this file writes something else, so that an old folder is not taken for today's. */
const LAYOUT = "2";

async function exists(path: URL): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function copyFolder(from: string, to: URL): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    const target = new URL(`${to.href}/${entry.name}`);
    if (entry.isDirectory) await copyFolder(`${from}/${entry.name}`, target);
    else await Deno.copyFile(`${from}/${entry.name}`, target);
  }
}

/** The folder of `deno-std` in deno's own cache; downloads it first where it is missing. */
async function packageFolder(version: string): Promise<string> {
  const specifier = `npm:deno-std@${version}/async/delay.js`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-config", "--no-lock", specifier],
  }).output();
  const folder = code === 0
    ? JSON.parse(new TextDecoder().decode(stdout)).npmPackages
      ?.[`deno-std@${version}`]?.localPath
    : undefined;
  if (typeof folder !== "string") {
    const reason = new TextDecoder().decode(stderr).trim();
    throw new Error(
      `JSR does not answer, and npm's deno-std@${version} cannot be had either: ${reason}`,
    );
  }
  return folder;
}

/** What stands in for `@std/log`, which `deno-std` lacks: the two classes that `src/log.ts` uses. */
const LOG_STAND_IN = `/* @ts-self-types="./types.d.ts" */
const LEVELS = { NOTSET: 0, DEBUG: 10, INFO: 20, WARN: 30, ERROR: 40, CRITICAL: 50 };
export class BaseHandler {
  constructor(levelName, { formatter } = {}) {
    this.level = LEVELS[levelName];
    this.formatter = formatter ?? ((record) => record.levelName + " " + record.msg);
  }
  handle(record) {
    if (record.level >= this.level) this.log(this.formatter(record));
  }
}
export class Logger {
  constructor(name, levelName, { handlers = [] } = {}) {
    Object.assign(this, { loggerName: name, level: LEVELS[levelName], handlers });
  }
  #log(levelName, msg, args) {
    const record = { msg, args, levelName, level: LEVELS[levelName], loggerName: this.loggerName, datetime: new Date() };
    if (record.level >= this.level) for (const handler of this.handlers) handler.handle(record);
  }
  debug(msg, ...args) { this.#log("DEBUG", msg, args); }
  info(msg, ...args) { this.#log("INFO", msg, args); }
  warn(msg, ...args) { this.#log("WARN", msg, args); }
  error(msg, ...args) { this.#log("ERROR", msg, args); }
}
`;

/** Types of the copy and of the stand-in, as far as this project uses them: inferred ones would be wrong. */
const TYPES = `export declare class FakeTime {
  constructor(...args: any[]);
  [Symbol.dispose](): void;
  [member: string]: any;
}
export declare abstract class BaseHandler {
  constructor(levelName: string, options?: { formatter?: (record: any) => string });
  abstract log(message: string): void;
}
export declare class Logger {
  constructor(name: string, levelName: string, options?: { handlers?: BaseHandler[] });
  debug(message: string, ...args: unknown[]): void;
  info(message: string, ...args: unknown[]): void;
  warn(message: string, ...args: unknown[]): void;
  error(message: string, ...args: unknown[]): void;
}
`;

/** Writes the copies and the stand-in into `folder`, and returns the import map. */
async function layOut(folder: URL, finalFolder: URL): Promise<string> {
  const old = await packageFolder("1.2.0");
  for (
    const part of ["assert", "async", "internal", "testing", "data_structures"]
  ) {
    await copyFolder(`${old}/${part}`, new URL(part, folder));
  }
  await copyFolder(
    `${old}/data_structures`,
    new URL("data-structures", folder),
  );
  const types = `/* @ts-self-types="../types.d.ts" */\n`;
  const time = new URL("testing/time.js", folder);
  await Deno.writeTextFile(time, types + await Deno.readTextFile(time));
  await Deno.writeTextFile(new URL("types.d.ts", folder), TYPES);
  await Deno.writeTextFile(new URL("log.js", folder), LOG_STAND_IN);

  const imports: Record<string, string> = {};
  for (const [module, source] of Object.entries(MODULES)) {
    imports[`@std/${module}`] = source === "local"
      ? new URL(`${module}.js`, finalFolder).href
      : source === "stand-in"
      ? new URL("log.js", finalFolder).href
      : `npm:deno-std@${source}/${
        module === "assert" || module === "path"
          ? `${module}/mod`
          : module.replaceAll("-", "_")
      }.js`;
  }
  // An import map given by flag replaces the one of deno.json, so the package's own names are in it too.
  const manifest = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  for (
    const [name, path] of Object.entries(
      manifest.exports as Record<string, string>,
    )
  ) {
    imports[manifest.name + name.slice(1)] = new URL(path, root).href;
  }
  return JSON.stringify({ imports }, null, 2) + "\n";
}

/** The path of an import map that takes `@std` from npm; laid out once per checkout. */
export async function npmImportMap(): Promise<string> {
  const final = new URL(`v${LAYOUT}/`, cache);
  const map = new URL("import_map.json", final);
  if (!await exists(map)) {
    const draft = new URL(`draft-${crypto.randomUUID()}/`, cache);
    await Deno.mkdir(draft, { recursive: true });
    await Deno.writeTextFile(
      new URL("import_map.json", draft),
      await layOut(draft, final),
    );
    try {
      await Deno.rename(draft, final);
    } catch (error) {
      if (!await exists(map)) throw error; // else another run was quicker
      await Deno.remove(draft, { recursive: true });
    }
  }
  return fromFileUrl(map);
}
