/** `molecule backends`: what can answer messages, and its options. */
import type { BackendSpec } from "../backends/spec.ts";
import { fill } from "./layout.ts";

/** A description of every back end, for 80 columns. */
export function backendLines(specs: readonly BackendSpec[]): string[] {
  return specs.flatMap((spec, index) => [
    ...(index === 0 ? [] : [""]),
    spec.name,
    ...fill(spec.description, 2),
    ...spec.options.flatMap((option) => {
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
    }),
    `  Example: ${spec.example}`,
  ]);
}
