/**
 * The agent card: how the agent looks to people and to other workspaces.
 *
 * @module
 */
import { UsageError } from "./errors.ts";
import type { AgentCard } from "./platform/wire.ts";
import { VERSION } from "./version.ts";

/** Something that the agent can do, as the platform's web page shows it. Skills that are mere strings it ignores. */
export interface AgentSkill {
  /** A short id, such as `code-review`. */
  readonly id: string;
  /** What the page shows. */
  readonly name: string;
  /** What it does, in a sentence. */
  readonly description: string;
  /** Words to find it by. */
  readonly tags?: readonly string[];
  /** Any other JSON. */
  readonly [member: string]: unknown;
}

/**
 * Members of the agent card; everybody who may see the workspace may read them. Others than these are passed on as they
 * are, but for three: `url` is refused, for an agent that polls has no address, and `configuration_status` and
 * `configuration_error`, which the connector sets itself.
 */
export interface AgentCardFields {
  /** The agent's name. */
  readonly name?: string;
  /** What it does. */
  readonly description?: string;
  /** Its version. @default the version of this package */
  readonly version?: string;
  /** The model that answers, shown beside the name. */
  readonly model?: string;
  /** What it can do. */
  readonly skills?: readonly AgentSkill[];
  /** Any other JSON. */
  readonly [member: string]: unknown;
}

/** Longest card, as JSON in characters: it goes with every registration. */
const MAX_CHARS = 64 * 1024;
/** Deepest card. */
const MAX_DEPTH = 12;
/** Shorter tokens would be found in ordinary words. */
const MIN_TOKEN_CHARS = 8;

/** Members that a card cannot have, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  url: "leave it out: an agent that polls has no address",
  configuration_status: "leave it out: the connector sets it",
  configuration_error: "leave it out: the connector sets it",
};

const TEXTS: readonly string[] = ["name", "description", "version", "model"];

type Members = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a value is, for whoever reads that it is wrong. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return "a list";
  const type = typeof value;
  return type === "object"
    ? "an object"
    : type === "string"
    ? "a string"
    : `a ${type}`;
}

/** The texts in JSON, with those of its members' names. @throws {RangeError} if it is too deep. */
function* textsIn(value: unknown, depth = 0): Generator<string> {
  if (depth > MAX_DEPTH) throw new RangeError("too deep");
  if (typeof value === "string") yield value;
  else if (Array.isArray(value)) {
    for (const member of value) yield* textsIn(member, depth + 1);
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      yield name;
      yield* textsIn(member, depth + 1);
    }
  }
}

function checkSkill(skill: unknown, at: string): string {
  const hint =
    `write {"id": "review", "name": "Code review", "description": "Reads a change and says what is wrong"}`;
  if (!isObject(skill)) {
    throw new UsageError(`${at} is ${kindOf(skill)}, not an object`, hint);
  }
  for (const name of ["id", "name", "description"]) {
    const value = skill[name];
    if (typeof value === "string" && value.trim() !== "") continue;
    const what = typeof value === "string"
      ? "empty"
      : value === undefined
      ? "missing"
      : `${kindOf(value)}, not a string`;
    throw new UsageError(`${at}.${name} is ${what}`, hint);
  }
  const { tags } = skill;
  const isList = Array.isArray(tags) &&
    tags.every((tag) => typeof tag === "string");
  if (tags !== undefined && !isList) {
    throw new UsageError(
      `${at}.tags is no list of strings`,
      `write such as "tags": ["code"]`,
    );
  }
  return String(skill.id);
}

function checkSkills(skills: unknown, label: string): void {
  if (!Array.isArray(skills)) {
    throw new UsageError(
      `${label}: skills is ${kindOf(skills)}, not a list`,
      `write "skills": [{"id": …, "name": …, "description": …}]`,
    );
  }
  const ids = new Set<string>();
  for (const [at, skill] of skills.entries()) {
    const id = checkSkill(skill, `${label}: skills[${at}]`);
    if (ids.has(id)) {
      throw new UsageError(
        `${label}: skills[${at}].id ${JSON.stringify(id)} is there twice`,
        "give each skill an id of its own",
      );
    }
    ids.add(id);
  }
}

/** The card as JSON says it. @throws {UsageError} if it is none, or one that no platform could keep. */
function asJson(card: unknown, label: string, token: string): Members {
  let json: string;
  try {
    json = JSON.stringify(card) ?? "";
  } catch (error) {
    throw new UsageError(`${label} is no JSON`, "give a plain object", error);
  }
  if (json.length > MAX_CHARS) {
    throw new UsageError(
      `${label} is too large: ${json.length} characters as JSON`,
      `leave something out: at most ${MAX_CHARS} are taken`,
    );
  }
  const plain: unknown = json === "" ? undefined : JSON.parse(json);
  if (!isObject(plain)) {
    throw new UsageError(
      `${label} is ${kindOf(plain)}, not an object`,
      `write such as {"name": "Reviewer", "description": "Reviews code"}`,
    );
  }
  let texts: string[];
  try {
    texts = [...textsIn(plain)];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      `${label} is nested too deeply`,
      `at most ${MAX_DEPTH} levels are taken`,
      error,
    );
  }
  if (texts.some((text) => text.includes("\0") || !text.isWellFormed())) {
    throw new UsageError(
      `${label} has a character that the platform cannot store`,
      "leave out NUL characters and halves of surrogate pairs",
    );
  }
  const hasToken = token.length >= MIN_TOKEN_CHARS &&
    texts.some((text) => text.includes(token));
  if (hasToken) {
    throw new UsageError(
      `${label} holds the workspace's token`,
      "take it out: everybody who sees the workspace can read the card",
    );
  }
  return plain;
}

/**
 * The members of a card, checked; `label` names the card in errors, `token` must not stand in it.
 *
 * @throws {UsageError} naming the member that is not usable.
 */
export function checkAgentCard(
  card: unknown,
  label = "agentCard",
  token = "",
): AgentCardFields {
  const members = asJson(card, label, token);
  for (const [name, hint] of Object.entries(REFUSED)) {
    if (Object.hasOwn(members, name)) {
      throw new UsageError(`${label}: ${name} cannot be given`, hint);
    }
  }
  for (const name of TEXTS) {
    const value = members[name];
    if (value === undefined || typeof value === "string") continue;
    throw new UsageError(
      `${label}: ${name} is ${kindOf(value)}, not a string`,
      `write such as "${name}": "…"`,
    );
  }
  if (members.skills !== undefined) checkSkills(members.skills, label);
  return members as AgentCardFields;
}

/** The whole card of what an operator gave; name and description given on their own come first. */
export function agentCard(
  { agentName, agentDescription, agentCard = {} }: {
    readonly agentName: string;
    readonly agentDescription?: string;
    readonly agentCard?: AgentCardFields;
  },
): AgentCard {
  return {
    ...agentCard,
    name: agentName,
    description: agentDescription ?? agentCard.description ?? agentName,
    version: agentCard.version ?? VERSION,
  };
}
