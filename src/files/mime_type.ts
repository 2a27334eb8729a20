/** MIME types: what a file's name says, and what a stranger says, made harmless. */

const BY_ENDING: Readonly<Record<string, string>> = {
  avif: "image/avif",
  bmp: "image/bmp",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  svg: "image/svg+xml",
  tiff: "image/tiff",
  webp: "image/webp",
  csv: "text/csv",
  htm: "text/html",
  html: "text/html",
  log: "text/plain",
  md: "text/markdown",
  txt: "text/plain",
  json: "application/json",
  pdf: "application/pdf",
  xml: "application/xml",
  yaml: "application/yaml",
  yml: "application/yaml",
  gz: "application/gzip",
  tar: "application/x-tar",
  zip: "application/zip",
  docx:
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  pptx:
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  flac: "audio/flac",
  m4a: "audio/mp4",
  mp3: "audio/mpeg",
  ogg: "audio/ogg",
  wav: "audio/wav",
  mov: "video/quicktime",
  mp4: "video/mp4",
  webm: "video/webm",
};

/** What any file is. */
const UNKNOWN = "application/octet-stream";

/** The MIME type that the ending of `name` stands for; undefined where it says nothing. */
export function typeByEnding(name: string): string | undefined {
  const ending = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(BY_ENDING, ending) ? BY_ENDING[ending] : undefined;
}

/** The MIME type of a file that is sent. */
export function mimeTypeOf(name: string): string {
  return typeByEnding(name) ?? UNKNOWN;
}

/** A MIME type that somebody told, without parameters; undefined where it is none, or says only that it is a file. */
export function toldType(type: string | undefined): string | undefined {
  const plain = type?.split(";")[0]?.trim().toLowerCase() ?? "";
  const isType = plain.length <= 100 &&
    /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/.test(plain);
  return isType && plain !== UNKNOWN ? plain : undefined;
}
