/** What no tool of Claude may touch, as rules of its permissions. */
import { join } from "@std/path";

/** What the connector keeps of conversations, and its token. */
const STATE: readonly string[] = [
  "*.json",
  ...["sessions", "dead", "replies", "handled", "retry"]
    .map((kind) => `*.${kind}/**`),
];

/** What lies where. */
export interface ClaudePlaces {
  /** Where claude keeps transcripts, absolute. */
  readonly configDir: string;
  /** Where the connector keeps its state and its token, absolute; undefined where that is not known yet. */
  readonly stateDir: string | undefined;
  /** With the operator's own settings come skills, whose files claude has to read: then only transcripts are denied. */
  readonly readsSettings?: boolean;
}

/** Where a claude with the environment `env` keeps its transcripts. */
export function claudeConfigDir(env: Readonly<Record<string, string>>): string {
  return env.CLAUDE_CONFIG_DIR ??
    join(env.HOME ?? env.USERPROFILE ?? "~", ".claude");
}

/** A path as the permission rules of claude have it: `//` begins an absolute one. */
function rulePath(path: string): string {
  const slashes = path.replaceAll("\\", "/").replace(/^([A-Za-z]):/, "/$1");
  return slashes.startsWith("/") ? `/${slashes}` : slashes;
}

/**
 * What claude may not touch, wherever it works and whatever it was granted: other conversations are written down in its
 * own directory, and its notes for later ones; a token may stand beside the connector's state.
 */
export function deniedRules(
  { configDir, stateDir, readsSettings = false }: ClaudePlaces,
): string[] {
  const state = stateDir === undefined ? [] : STATE
    .map((pattern) => `${rulePath(stateDir)}/${pattern}`);
  return [
    `${rulePath(configDir)}${readsSettings ? "/projects/**" : "/**"}`,
    ...state,
  ]
    .flatMap((pattern) => [`Read(${pattern})`, `Edit(${pattern})`]);
}
