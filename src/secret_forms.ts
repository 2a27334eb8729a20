/** How a secret can stand in a text: as it is, percent-encoded, in JSON, in base64. */

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0").replace(
    /[a-f]/g,
    (digit) => `[${digit}${digit.toUpperCase()}]`,
  );
}

/** One character, as it is or as the percent-encoding of its bytes, in digits of either case. */
function characterForm(character: string): string {
  const bytes = [...new TextEncoder().encode(character)];
  return `(?:${escaped(character)}|${
    bytes.map((byte) => `%${hex(byte)}`).join("")
  })`;
}

/** What base64 makes of `secret` wherever it stands in a text: without the characters that its neighbours share. */
function base64Texts(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  return [0, 1, 2].map((before) => {
    const padded = new Uint8Array(before + bytes.length);
    padded.set(bytes, before);
    return padded.toBase64().slice(before === 0 ? 0 : before + 1)
      .replace(/.?=*$/, "");
  });
}

/** One of them: of either alphabet, and perhaps broken into lines. */
function base64Form(text: string): string {
  return [...text].map((character) =>
    character === "+" ? "[+-]" : character === "/" ? "[/_]" : character
  ).join("[\\r\\n]{0,2}");
}

/**
 * A pattern that finds `secret` in all its forms. At each place of a text at most one way through it is open, so that it
 * takes time in the length of the text alone.
 */
export function secretPattern(secret: string): RegExp {
  const inJson = JSON.stringify(secret).slice(1, -1);
  return new RegExp(
    [
      [...secret].map(characterForm).join(""),
      ...(inJson === secret ? [] : [escaped(inJson)]),
      ...base64Texts(secret).map(base64Form),
    ].join("|"),
    "g",
  );
}
