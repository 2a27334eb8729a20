/** Words about this machine that everybody may read. */
import { cleanText } from "../a2a/clean_text.ts";
import { plainText } from "../backends/plain_text.ts";

/** Longest sentence, in characters. */
const MAX_CHARS = 300;
/** A path of two names or more, in any system's way; not the end of a URL, nor a command such as /login. */
const PATH =
  /(?<![\w.:/\\~])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\"'`,;:()<>]+[/\\])+([^\s/\\"'`,;:()<>]*)/g;

/** `text` as one line of a bounded length, in which of paths only the last name is left: a home bears its owner's. */
export function publicWords(text: string, home = ""): string {
  const known = home.length > 1 ? text.replaceAll(home, "~") : text;
  const line = cleanText(plainText(known)).replace(
    PATH,
    (_, name: string) => name || "…",
  )
    .replace(/\s+/g, " ").trim();
  const characters = [...line];
  return characters.length <= MAX_CHARS
    ? line
    : `${characters.slice(0, MAX_CHARS - 1).join("").trimEnd()}…`;
}
