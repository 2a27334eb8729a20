/** `molecule backends`: what can answer messages, its options, and whether what it needs is on this machine. */
import type { Readiness } from "../backends/backend.ts";
import type { BackendOption, BackendSpec } from "../backends/spec.ts";
import { backendSpecs } from "../backends/registry.ts";
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { checkBackend } from "./backend_check.ts";
import { fill } from "./layout.ts";
import { SESSION_OPTIONS } from "../backends/common_options.ts";

/** What of a back end is on this machine: it can be asked, or needs options first. */
export type OnThisMachine =
  | Readiness
  /** Why it could not tell. */
  | { readonly doubt: string }
  /** Options without which it cannot be asked. */
  | { readonly needs: readonly string[] };

/** Asks a back end with all its defaults. */
export async function lookFor(
  spec: BackendSpec,
  signal: AbortSignal,
): Promise<OnThisMachine> {
  const needs = spec.options.filter((option) => option.required)
    .map((option) => option.name);
  if (needs.length > 0) return { needs };
  const backend = spec.create({});
  try {
    const { readiness, doubt } = await checkBackend(backend, signal);
    return doubt === undefined ? readiness : { doubt };
  } finally {
    await backend.close?.();
  }
}

function inWords(found: OnThisMachine): string {
  if ("needs" in found) {
    return `it depends on the option ${found.needs.join(" and ")}`;
  }
  if ("doubt" in found) return `cannot tell: ${found.doubt}`;
  return found.ready ? "ready" : `not ready: ${found.reason}; ${found.remedy}`;
}

function optionLines(options: readonly BackendOption[]): string[] {
  return options.flatMap((option) => {
    const notes = [
      option.required ? " (required)" : "",
      option.default === undefined || option.default === ""
        ? ""
        : ` [${option.default}]`,
    ].join("");
    return [
      `    ${option.name}=${option.value}`,
      ...fill(option.description + notes, 8),
    ];
  });
}

/** A description of a back end, for 80 columns. */
export function backendLines(
  spec: BackendSpec,
  found: OnThisMachine,
): string[] {
  return [
    spec.name,
    ...fill(spec.description, 2),
    ...fill(`On this machine: ${inWords(found)}`, 2),
    ...optionLines(spec.options),
    `  Example: ${spec.example}`,
  ];
}

function chosen(names: readonly string[]): readonly BackendSpec[] {
  const specs = backendSpecs();
  if (names.length === 0) return specs;
  return names.map((name) => {
    const spec = specs.find((one) => one.name === name);
    if (spec !== undefined) return spec;
    const known = specs.map((one) => one.name);
    const meant = nearest(name, known);
    throw new UsageError(
      `there is no back end ${JSON.stringify(name)}, but: ${known.join(", ")}`,
      meant === undefined
        ? "type molecule backends for all of them"
        : `did you mean ${meant}?`,
    );
  });
}

/**
 * The back ends named, or all, each followed by an empty line, then what they have in common.
 *
 * @throws {UsageError} if there is none of a name.
 */
export async function backendsCommand(
  names: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const described = await Promise.all(
    chosen(names).map(async (spec) =>
      backendLines(spec, await lookFor(spec, signal))
    ),
  );
  return [
    ...described.flatMap((lines) => [...lines, ""]),
    "every back end",
    ...fill("Options beside its own, given in the same way.", 2),
    ...optionLines(SESSION_OPTIONS),
  ];
}
