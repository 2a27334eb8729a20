/** Whether what a state file holds has the shape that this release works with; a checksum alone does not say so. */
import { isPid } from "../os/process_facts.ts";
import type { JsonObject } from "./checksum.ts";
import type { OutboxStep } from "./state.ts";

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number";
const isTrue: Check = (value) => value === true;
const isList = (of: Check): Check => (value) =>
  Array.isArray(value) && value.every(of);
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const has = (members: Readonly<Record<string, Check>>): Check => (value) =>
  isObject(value) &&
  Object.entries(members).every(([name, is]) => is(value[name]));

const isOptional = (is: Check): Check => (value) =>
  value === undefined || is(value);

const isAttempt = has({
  ...{ n: isNumber, at: isNumber },
  ...{ turn: isOptional(isText), row: isOptional(isText) },
  ...{ anew: isOptional(isTrue), untried: isOptional(isTrue) },
  task: isOptional(isText),
});
const isChild = has({ pid: isPid, started: isText, row: isText });
const isHandled: Check = (value) =>
  Array.isArray(value) && isText(value[0]) && isNumber(value[1]) &&
  isText(value[2]);

const STEPS: ReadonlySet<unknown> = new Set<OutboxStep>([
  ...["a2a", "upload", "notify", "channel"] as const,
]);

/** Whether `value` is an answer as the outbox keeps it. */
export const isOutboxEntry: Check = has({
  id: isText,
  row: isText,
  peer: isText,
  channel: isOptional(isText),
  origin: isText,
  lane: isText,
  steps: isList((step) => STEPS.has(step)),
  context: isText,
  task: isText,
  metadata: isObject,
  saved: isNumber,
  tries: isNumber,
  retry: isOptional(isNumber),
  failure: isOptional(isTrue),
  whole: isOptional(isTrue),
  goesOn: isOptional(isTrue),
  uploaded: isOptional(
    has({ at: isNumber, files: isList(has({ uri: isText, name: isText })) }),
  ),
});

/** The members that may be absent. */
const OPTIONAL: Readonly<Record<string, Check>> = {
  settled_since_id: isText,
  settled_at: isNumber,
  far: (value) =>
    isObject(value) && (value.id === undefined || isText(value.id)) &&
    (value.at === undefined || isNumber(value.at)),
  floor: isNumber,
  attempts: (value) => isObject(value) && Object.values(value).every(isAttempt),
  children: isList(isChild),
  handled: isList(isHandled),
  handled_files: (value) =>
    Array.isArray(value) && value.length === 2 &&
    value.every(Number.isSafeInteger),
  outbox: isList(isOutboxEntry),
  exchanges: isList((value) =>
    Array.isArray(value) && value.length === 4 && isText(value[0]) &&
    value.slice(1).every(isNumber)
  ),
  told: (value) => isObject(value) && Object.values(value).every(isNumber),
  shown: isList(isText),
  epochs: has({
    newest: Number.isSafeInteger,
    all: Number.isSafeInteger,
    own: (value) =>
      isObject(value) &&
      Object.values(value).every((own) =>
        Array.isArray(own) && Number.isSafeInteger(own[0]) &&
        isNumber(own[1]) && isOptional(isText)(own[2])
      ),
  }),
  stop: has({
    ...{ row: isText, told: (value) => typeof value === "boolean" },
    ...{ micros: isOptional(isNumber), seq: isOptional(isNumber) },
  }),
  retried: isList(isText),
};

/** Whether `data` is a state. */
export function isState(data: JsonObject): boolean {
  return isText(data.workspace_id) && isText(data.last_since_id) &&
    Object.entries(OPTIONAL).every(([name, is]) =>
      data[name] === undefined || is(data[name])
    );
}
