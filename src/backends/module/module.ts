/**
 * The back end `module`: one that the operator wrote, in a file of TypeScript or JavaScript. It runs inside this process,
 * with all that this process may do.
 *
 * @module
 */
import { resolve } from "@std/path";
import { BackendError, UsageError } from "../../errors.ts";
import { inTime } from "../../in_time.ts";
import type { Backend, BackendOptions } from "../backend.ts";
import { ownError } from "./error.ts";
import { loadBackend } from "./load.ts";
import { OptionReader } from "../option_reader.ts";
import type { BackendSpec } from "../spec.ts";

function createModule(given: BackendOptions): Backend {
  const { path: _, ...own } = given;
  const options = new OptionReader(
    moduleSpec,
    given.path === undefined ? {} : { path: given.path },
  );
  const path = resolve(options.text("path"));
  let loading: Promise<Backend> | undefined;
  let loaded: Backend | undefined;
  // Once: a module is not run a second time, whatever became of the first.
  const load = () =>
    loading ??= loadBackend(path, own).then((backend) => loaded = backend);
  return {
    name: moduleSpec.name,
    // What it accepts and hides is known once it is loaded, which check() does before the first message.
    get accepts() {
      return loaded?.accepts ?? {};
    },
    get secrets() {
      return loaded?.secrets ?? [];
    },
    async handle(message, context) {
      const { signal } = context;
      signal.throwIfAborted();
      const backend = await inTime(load(), signal).catch((error) => {
        if (!(error instanceof UsageError)) throw error;
        throw new BackendError("final", error.message, {
          failure: "not_ready",
          ...(error.hint === undefined ? {} : { hint: error.hint }),
        });
      });
      try {
        return await backend.handle(message, context);
      } catch (error) {
        throw ownError(error);
      }
    },
    async check(signal) {
      try {
        const backend = await inTime(load(), signal);
        return await backend.check?.(signal) ?? { ready: true };
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        const { message, hint = "" } = error;
        return { ready: false, reason: message, remedy: hint };
      }
    },
    close: () => loaded?.close?.(),
  };
}

/** The back end `module`. */
export const moduleSpec: BackendSpec = {
  name: "module",
  description:
    "Runs a back end of your own: a TypeScript or JavaScript file whose default export is one. Not in the compiled program.",
  options: [
    {
      name: "path",
      value: "FILE",
      required: true,
      description:
        "The file. Its default export is an object with name and handle(), or a function that returns one; all other options go to that function.",
    },
  ],
  example:
    `molecule connect <workspace-id> --backend module --backend-opt path=./my_agent.ts`,
  create: createModule,
};
