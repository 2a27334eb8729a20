/** What the beginning of a page tells of its first row, where the page is too long to be read. */
import { parseMicros } from "../platform/time.ts";

/** A row of which only the beginning is known. */
export interface RowHead {
  /** Its id. */
  readonly id: string;
  /** Its time in microseconds since 1970; undefined where it does not stand in the beginning. */
  readonly micros: number | undefined;
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[^\s"])/y;
/** In the page's list, in the row's object. */
const ROW_DEPTH = 2;

/** The members of the first row that are strings and stand whole in `text`. */
function stringMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let depth = 0;
  let before = "";
  let key = "";
  TOKEN.lastIndex = 0;
  for (
    let token = TOKEN.exec(text)?.[1];
    token !== undefined;
    before = token, token = TOKEN.exec(text)?.[1]
  ) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    if (depth < ROW_DEPTH && before !== "" && before !== "[") break;
    if (depth !== ROW_DEPTH || !token.startsWith('"')) continue;
    if (before === ":") members.set(key, token.slice(1, -1));
    else key = token.slice(1, -1);
  }
  return members;
}

/** Reads the id, and the time if it is there; undefined where even the id is not. The order of members is any. */
export function readRowHead(text: string): RowHead | undefined {
  const members = stringMembers(text);
  const id = members.get("id");
  // An id with an escape in it is no platform's.
  return id === undefined || id === "" || id.includes("\\")
    ? undefined
    : { id, micros: parseMicros(members.get("created_at")) };
}
