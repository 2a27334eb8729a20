/** The agent card out of `--card` and the flags for its common members. Read and checked before anything is sent. */
import { parse } from "@std/jsonc/parse";
import {
  type AgentCardFields,
  type AgentSkill,
  checkAgentCard,
} from "../agent_card.ts";
import { reason, UsageError } from "../errors.ts";
import { quoted } from "./values.ts";

/** Longest file, comments and all. */
const MAX_BYTES = 256 * 1024;

/** What the command line says of the card. */
export interface CardFlags {
  readonly card: string | undefined;
  readonly "agent-model": string | undefined;
  readonly "agent-skill": readonly AgentSkill[] | undefined;
}

async function readBounded(path: string): Promise<string> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(MAX_BYTES + 1);
  let length = 0;
  while (length < bytes.length) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  if (length > MAX_BYTES) {
    throw new RangeError(`it is larger than ${MAX_BYTES} bytes`);
  }
  return new TextDecoder("utf-8", { fatal: true })
    .decode(bytes.subarray(0, length));
}

async function readFile(path: string, label: string): Promise<string> {
  try {
    return await readBounded(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const why = error instanceof Deno.errors.NotFound
      ? "does not exist"
      : error instanceof TypeError
      ? "is no UTF-8 text"
      : `cannot be read (${reason(error)})`;
    throw new UsageError(
      `${label} ${why}`,
      "give a file that holds the agent card as a JSON object",
      error,
    );
  }
}

/** Where in `text` the parser stopped. What stands there is not shown: a secret may have slipped in. */
function place(text: string, message: string): string {
  const position = /at position (\d+)$/.exec(message)?.[1];
  if (position === undefined) return "the file ends too early";
  const before = text.slice(0, Number(position)).split("\n");
  const column = [...before.at(-1)!].length + 1;
  const sign = /unexpected token "([{}[\]:,])" in/.exec(message)?.[1];
  return `line ${before.length}, column ${column}: ${
    sign === undefined ? "this" : `a "${sign}"`
  } does not belong here`;
}

function parseCard(text: string, label: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) {
      throw new UsageError(
        `${label} is nested too deeply`,
        "give a plain object",
        error,
      );
    }
    throw new UsageError(
      `${label} is no JSON: ${place(text, reason(error))}`,
      'write such as {"name": "Reviewer"}; // comments and a comma at the end are fine',
      error,
    );
  }
}

/** The skill that `NAME: DESCRIPTION` tells of; its id comes from the name. */
function skill(text: string, label: string): AgentSkill {
  const at = text.indexOf(":");
  const name = text.slice(0, at).trim();
  const description = text.slice(at + 1).trim();
  if (at === -1 || name === "" || description === "") {
    throw new UsageError(
      `${label} ${quoted(text)} is no NAME: DESCRIPTION`,
      `type ${label} "Code review: reads a change and says what is wrong"`,
    );
  }
  const id = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
  return { id: id || "skill", name, description };
}

/** Skills as flags tell of them. */
export function skills(texts: readonly string[], label: string): AgentSkill[] {
  const found = texts.map((text) => skill(text, label));
  checkAgentCard({ skills: found }, label);
  return found;
}

/**
 * The card's members; undefined where nothing is given. A flag goes before the file, `model`, that of the back end, behind
 * both.
 *
 * @throws {UsageError} naming the file and the member that is not usable.
 */
export async function readCard(
  flags: CardFlags,
  token: string,
  model: string | undefined,
): Promise<AgentCardFields | undefined> {
  const path = flags.card;
  const label = `--card ${quoted(path ?? "")}`;
  const file = path === undefined ? {} : checkAgentCard(
    parseCard(await readFile(path, label), label),
    label,
    token,
  );
  const shown = flags["agent-model"] ?? file.model ?? model;
  const given = flags["agent-skill"];
  const card = {
    ...file,
    ...(shown === undefined || shown === "" ? {} : { model: shown }),
    ...(given === undefined ? {} : { skills: given }),
  };
  return Object.keys(card).length === 0 ? undefined : card;
}
