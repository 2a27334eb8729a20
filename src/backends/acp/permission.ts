/**
 * What an agent is told that asks whether it may use a tool: nobody sits here, so the operator says it beforehand, by
 * the kind of the tool.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { jsonObject } from "./connection.ts";

/** The kinds that the protocol knows. */
export const TOOL_KINDS: readonly string[] =
  "read edit delete move search execute think fetch switch_mode other".split(
    " ",
  );

/** Which kinds of tools may be used. */
export type PermissionPolicy = ReadonlySet<string>;

/** What is answered to one question. */
export interface Decision {
  /** Whether the tool may be used this time. */
  readonly allowed: boolean;
  /** The answer. */
  readonly outcome: {
    readonly outcome: "selected" | "cancelled";
    readonly optionId?: string;
  };
}

/** The answer where the turn was told to end. */
export const CANCELLED: Decision = {
  allowed: false,
  outcome: { outcome: "cancelled" },
};

/** `kind` if it is one of the protocol's, else `other`. */
export function toolKind(kind: unknown): string {
  return TOOL_KINDS.find((known) => known === kind) ?? "other";
}

/**
 * Reads the option `permission`.
 *
 * @throws {UsageError} if it names a kind that does not exist.
 */
export function parsePermission(words: readonly string[]): PermissionPolicy {
  if (words.length === 1 && words[0] === "reject") return new Set();
  if (words.length === 1 && words[0] === "allow") return new Set(TOOL_KINDS);
  const unknown = words.find((word) => !TOOL_KINDS.includes(word));
  if (unknown !== undefined || words.length === 0) {
    throw new UsageError(
      `Option permission: ${
        JSON.stringify(unknown ?? "")
      } is no kind of tool, known: ${TOOL_KINDS.join(", ")}`,
      "write reject, allow, or kinds with commas between them",
    );
  }
  return new Set(words);
}

/** Whether a tool only reads files of `paths`: what a sender sent may be read for it. */
function readsOnly(toolCall: unknown, paths: readonly string[]): boolean {
  const { kind, locations } = jsonObject(toolCall);
  return kind === "read" && Array.isArray(locations) && locations.length > 0 &&
    locations.map((location) => jsonObject(location).path)
      .every((path) => typeof path === "string" && paths.includes(path));
}

/** A question, and what it is judged by. */
export interface Question {
  /** The tool that is to be used, as the agent described it. */
  readonly toolCall: unknown;
  /** The answers that the agent offers. */
  readonly options: unknown;
  /** The tool's kind. */
  readonly kind: string;
  /** What the operator allows. */
  readonly policy: PermissionPolicy;
  /** The files that came with the message. */
  readonly paths: readonly string[];
}

/** Decides, for this one time: an answer that would hold for later ones is never chosen where it grants something. */
export function decide(
  { toolCall, options, kind, policy, paths }: Question,
): Decision {
  const offered = Array.isArray(options) ? options.map(jsonObject) : [];
  const choose = (...kinds: string[]) =>
    kinds.map((wanted) => offered.find(({ kind }) => kind === wanted))
      .find((option) => typeof option?.optionId === "string")
      ?.optionId as string | undefined;
  const once = policy.has(kind) || readsOnly(toolCall, paths)
    ? choose("allow_once")
    : undefined;
  const optionId = once ?? choose("reject_once", "reject_always");
  return optionId === undefined ? CANCELLED : {
    allowed: once !== undefined,
    outcome: { outcome: "selected", optionId },
  };
}
