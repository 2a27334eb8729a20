/** Where a text that is too long can be cut. */

const GRAPHEMES = new Intl.Segmenter();

/** The borders that a reader likes best come first; a cut is made behind what is found. */
const BORDERS: readonly RegExp[] = [
  /\n[ \t]*\n/g, // of a paragraph
  /\n/g, // of a line
  /[.!?…。！？]+["')\]]*\s/g, // of a sentence
  /\s/g, // of a word
];

/** The longest beginning of `text`, in UTF-16 units up to `most`, that ends between characters as people count them. */
export function graphemeCut(text: string, most: number): number {
  if (most <= 0) return 0;
  if (text.length <= most) return text.length;
  const { index } = GRAPHEMES.segment(text.slice(0, most + 2))
    .containing(most)!;
  if (index > 0) return index;
  // One endless character: half of it is better than nothing, half a surrogate pair is not.
  return text.slice(0, most).isWellFormed() ? most : most - 1;
}

/** As `graphemeCut()`, at a better border where there is one in the second half. */
export function cutAt(text: string, most: number): number {
  const last = graphemeCut(text, most);
  if (last === text.length) return last;
  const least = Math.floor(last / 2);
  const half = text.slice(least, last);
  for (const border of BORDERS) {
    let found: number | undefined;
    for (const match of half.matchAll(border)) {
      found = least + match.index + match[0].length;
    }
    if (found !== undefined) return found;
  }
  return last;
}
