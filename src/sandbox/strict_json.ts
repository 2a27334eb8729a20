/**
 * JSON as strict as the platform reads it: `1.0` and `1e3` are no integers, null counts as absent.
 *
 * @module
 */
import { asObject } from "./message.ts";

/** A number that was written with a fraction or an exponent. */
class Decimal {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** The types that a field can have. */
export type FieldType =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "object"
  | "array"
  | "any";

const CHECKS: Record<FieldType, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  integer: (value) => typeof value === "number",
  number: (value) => typeof value === "number" || value instanceof Decimal,
  boolean: (value) => typeof value === "boolean",
  object: (value) =>
    asObject(value) !== undefined && !(value instanceof Decimal),
  array: Array.isArray,
  any: () => true,
};

/** The object in `text`, without its null fields; undefined where it is none or a field has a wrong type. */
export function parseFields(
  text: string,
  types: Readonly<Record<string, FieldType>>,
): Record<string, unknown> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, keepDecimals);
  } catch {
    return undefined;
  }
  return checkFields(parsed, types);
}

/** As `parseFields`, for an object inside one that was parsed already. */
export function checkFields(
  value: unknown,
  types: Readonly<Record<string, FieldType>>,
): Record<string, unknown> | undefined {
  const object = asObject(value);
  if (object === undefined || value instanceof Decimal) return undefined;
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(object)) {
    const type = types[name];
    if (type === undefined || (field === null && type !== "any")) continue;
    if (!CHECKS[type](field)) return undefined;
    fields[name] = field;
  }
  return fields;
}

/** `value` with the decimals as plain numbers again. */
export function plain(value: unknown): unknown {
  if (value instanceof Decimal) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  const object = asObject(value);
  if (object === undefined) return value;
  return Object.fromEntries(
    Object.entries(object).map(([name, field]) => [name, plain(field)]),
  );
}

/** A reviver that remembers how a number was written. */
function keepDecimals(
  this: unknown,
  _key: string,
  value: unknown,
  context?: { source?: string },
): unknown {
  return typeof value === "number" && /[.eE]/.test(context?.source ?? "")
    ? new Decimal(value)
    : value;
}
