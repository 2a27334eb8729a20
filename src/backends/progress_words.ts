/** What a back end may say of its progress: fixed words, for everybody may read them. */

/** Longest name of a tool, in characters. */
const MAX_NAME_CHARS = 40;

/** `Using Bash`: the name of the tool, and nothing of what it is used on. */
export function usingTool(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_.-]/g, "").slice(0, MAX_NAME_CHARS);
  return `Using ${plain === "" ? "a tool" : plain}`;
}

/** What an agent does by the kind of the tool; the tool's title may quote a message. */
const WORK_OF_KIND: ReadonlyMap<string, string> = new Map([
  ["read", "Reading"],
  ["edit", "Editing"],
  ["delete", "Deleting"],
  ["move", "Moving files"],
  ["search", "Searching"],
  ["execute", "Running a command"],
  ["think", "Thinking"],
  ["fetch", "Fetching"],
]);

/** `Running a command`: what the use of a tool of that kind is, for agents that tell kinds and no names. */
export function doingKind(kind: string): string {
  return WORK_OF_KIND.get(kind) ?? "Using a tool";
}
