/** Finds what somebody probably meant. */

/** How many letters have to be changed, added, left out or swapped with their neighbour to make `b` of `a`. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    const above = rows[row - 1]!;
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] &&
        a[row - 2] === b[column - 1];
      current.push(Math.min(
        above[column]! + 1,
        current[column - 1]! + 1,
        above[column - 1]! + (same ? 0 : 1),
        swapped ? rows[row - 2]![column - 2]! + 1 : Infinity,
      ));
    }
    rows.push(current);
  }
  return rows[a.length]![b.length]!;
}

/** Longest word that is looked at: nobody means a name by more, and the comparison takes time. */
const MAX_CHARS = 100;

/** The name that looks most like `word`: one that begins with it, or is few letters away; else undefined. */
export function nearest(
  word: string,
  names: readonly string[],
): string | undefined {
  const typed = word.toLowerCase().replaceAll("_", "-").slice(0, MAX_CHARS);
  const ranked = names.map((name) => {
    const plain = name.toLowerCase().replaceAll("_", "-");
    const begins = typed !== "" && plain.startsWith(typed);
    return { name, letters: begins ? 0 : distance(typed, plain) };
  }).sort((a, b) => a.letters - b.letters);
  const best = ranked[0];
  if (best === undefined) return undefined;
  return best.letters <= Math.max(1, Math.floor(best.name.length / 3))
    ? best.name
    : undefined;
}
