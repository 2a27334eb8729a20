/** What a back end may say of its progress: fixed words, for everybody may read them. */

/** Longest name of a tool, in characters. */
const MAX_NAME_CHARS = 40;

/** `Using Bash`: the name of the tool, and nothing of what it is used on. */
export function usingTool(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_.-]/g, "").slice(0, MAX_NAME_CHARS);
  return `Using ${plain === "" ? "a tool" : plain}`;
}
