/** Loads a back end out of a file of the operator's. */
import { toFileUrl } from "@std/path";
import { reason, UsageError } from "../../errors.ts";
import type { Backend, BackendOptions } from "../backend.ts";

const SHAPE =
  "export default an object with name and handle(), or a function of the options that returns one";

function isBackend(value: unknown): value is Backend {
  return typeof value === "object" && value !== null &&
    typeof (value as Backend).name === "string" &&
    typeof (value as Backend).handle === "function";
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What the module at `path` exports by default. */
async function defaultExport(path: string): Promise<unknown> {
  if (Deno.build.standalone) {
    throw new UsageError(
      "A compiled program cannot load a file that was not compiled into it",
      "run it from source: deno run -A jsr:@molecule/connect",
    );
  }
  if (!await exists(path)) {
    throw new UsageError(`There is no file ${path}`, "check the option path");
  }
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(toFileUrl(path).href);
  } catch (cause) {
    throw new UsageError(
      `Cannot load ${path}: ${firstLine(reason(cause))}`,
      `look at it with deno check ${path}`,
      cause,
    );
  }
  if (!("default" in module)) {
    throw new UsageError(`${path} has no default export`, SHAPE);
  }
  return module.default;
}

/** Deno's errors quote the source, line by line. */
function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}

/**
 * The back end that `path` exports by default, or that its function makes of `options`.
 *
 * @throws {UsageError} if there is no such file, or nothing in it that is a back end.
 */
export async function loadBackend(
  path: string,
  options: BackendOptions,
): Promise<Backend> {
  const exported = await defaultExport(path);
  if (typeof exported !== "function") {
    if (!isBackend(exported)) {
      throw new UsageError(
        `The default export of ${path} is no back end`,
        SHAPE,
      );
    }
    const given = Object.keys(options);
    if (given.length === 0) return exported;
    throw new UsageError(
      `${path} takes no options, but got ${given.join(", ")}`,
      "leave them out, or export a function of the options",
    );
  }
  let made: unknown;
  try {
    made = await exported(options);
  } catch (error) {
    if (error instanceof UsageError) throw error; // it says itself what is wrong with the options
    throw new UsageError(
      `The function that ${path} exports threw: ${firstLine(reason(error))}`,
      "check its options, or mend it",
      error,
    );
  }
  if (isBackend(made)) return made;
  throw new UsageError(
    `The function that ${path} exports returned no back end`,
    SHAPE,
  );
}
