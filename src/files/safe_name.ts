/** Names of files that strangers chose, as names that are safe on every system and in any text. */

/** Longest name, in characters. */
const MAX_CHARS = 100;
/** Longest name in bytes: file systems allow 255, and a name may get a number and an ending beside it. */
const MAX_BYTES = 200;
/** An ending that is longer is none. */
const MAX_ENDING_CHARS = 16;

/** Names that Windows keeps for devices, whatever ending they have. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

const bytesOf = (text: string) => new TextEncoder().encode(text).byteLength;

/** A name without its ending, and the ending with its dot. */
function halves(name: string): readonly [stem: string, ending: string] {
  const at = name.lastIndexOf(".");
  return at < 1 || name.length - at > MAX_ENDING_CHARS
    ? [name, ""]
    : [name.slice(0, at), name.slice(at)];
}

/** The beginning of `stem` with `ending`, as long as a name may be. */
function shortened(stem: string, ending: string): string {
  let kept = "";
  let chars = [...ending].length;
  let bytes = bytesOf(ending);
  for (const char of stem) {
    chars++;
    bytes += bytesOf(char);
    if (chars > MAX_CHARS || bytes > MAX_BYTES) break;
    kept += char;
  }
  return kept + ending;
}

/**
 * The last segment of `name` in letters, digits, dots, dashes and underscores. It begins with neither dot nor dash, is no
 * device of Windows', has at most 100 characters, and is `file` where nothing is left.
 */
export function safeName(name: string | undefined): string {
  const last = (name ?? "").normalize("NFC").split(/[/\\]/).at(-1) ?? "";
  const plain = last.replace(/[^\p{L}\p{M}\p{N}._-]+/gu, "_")
    .replace(/^[._-]+/, "").replace(/\.+$/, "");
  if (plain === "") return "file";
  return shortened(...halves(DEVICE.test(plain) ? `_${plain}` : plain));
}

/** Gives each name once: to the second of a name its number is added, `a.txt`, `a-2.txt`. */
export class UniqueNames {
  #given = new Set<string>();

  /** `name`, or with a number where another one has it; systems that ignore case tell names apart all the same. */
  next(name: string): string {
    const [stem, ending] = halves(name);
    let unique = name;
    for (let n = 2; this.#given.has(unique.toLowerCase()); n++) {
      unique = shortened(stem, `-${n}${ending}`);
    }
    this.#given.add(unique.toLowerCase());
    return unique;
  }
}
