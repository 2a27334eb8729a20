/**
 * The back ends by name. The built-in ones are in a static table, so that a compiled binary has them all.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Backend, BackendFactory, BackendOptions } from "./backend.ts";
import { acpSpec } from "./acp/acp.ts";
import { geminiSpec } from "./acp/gemini.ts";
import { opencodeSpec } from "./acp/opencode.ts";
import { claudeCodeSpec } from "./claude/claude_code.ts";
import { codexSpec } from "./codex/codex.ts";
import { execSpec } from "./exec.ts";
import { mockSpec } from "./mock.ts";
import { moduleSpec } from "./module/module.ts";
import { nearest } from "../nearest.ts";
import { openaiSpec } from "./openai/openai.ts";
import type { BackendSpec } from "./spec.ts";
import { webhookSpec } from "./webhook/webhook.ts";

const BUILT_IN: readonly BackendSpec[] = [
  acpSpec,
  claudeCodeSpec,
  codexSpec,
  execSpec,
  geminiSpec,
  mockSpec,
  moduleSpec,
  openaiSpec,
  opencodeSpec,
  webhookSpec,
];

const factories = new Map<string, BackendFactory>(
  BUILT_IN.map((spec) => [spec.name, spec.create]),
);

/**
 * Makes `createBackend(name, …)` call `factory`.
 *
 * @throws {UsageError} if there is a back end of that name.
 */
export function registerBackend(name: string, factory: BackendFactory): void {
  if (factories.has(name)) {
    throw new UsageError(
      `There already is a back end ${JSON.stringify(name)}`,
      "register it once, under a name of its own",
    );
  }
  factories.set(name, factory);
}

/**
 * Makes the back end that is registered as `name`.
 *
 * @throws {UsageError} if there is none of that name, or if an option is unknown, missing or malformed.
 *
 * @example
 * ```ts
 * import { createBackend } from "@molecule/connect";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(createBackend("mock", { reply: "I got: %s" }).name, "mock");
 * ```
 */
export function createBackend(
  name: string,
  options: BackendOptions = {},
): Backend {
  const factory = factories.get(name);
  if (factory !== undefined) return factory(options);
  const known = backendNames();
  const meant = nearest(name, known);
  throw new UsageError(
    `Unknown back end ${JSON.stringify(name)}, known: ${known.join(", ")}`,
    meant === undefined
      ? "give one of the known ones"
      : `did you mean ${meant}?`,
  );
}

/** The names of all back ends, sorted. */
export function backendNames(): string[] {
  return [...factories.keys()].sort();
}

/** The built-in back ends with their options, sorted by name. */
export function backendSpecs(): readonly BackendSpec[] {
  return BUILT_IN;
}
