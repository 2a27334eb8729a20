/** The blocks of a prompt: the text, and the files that came with the message. */
import { toFileUrl } from "@std/path";
import type { InboundFile } from "../backend.ts";
import type { Agent } from "./agent.ts";
import type { JsonObject } from "./connection.ts";

/** A longer text is only linked. */
const MAX_TEXT_BYTES = 256 * 1024;
/** What is shown of the files of one message is not more than this; the others are only linked. */
const MAX_SHOWN_BYTES = 4 * 1024 * 1024;
/** The pictures that models take. */
const PICTURES: readonly string[] = [
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
];

/** `bytes` as a text; undefined where they are none. */
function asText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined; // no UTF-8
  }
}

function link({ path, name, mimeType, size }: InboundFile): JsonObject {
  return {
    type: "resource_link",
    uri: toFileUrl(path).href,
    name,
    ...(mimeType === "" ? {} : { mimeType }),
    size,
  };
}

/** A file's content, where the agent takes such a block; else undefined. */
async function shown(
  agent: Agent,
  { path, mimeType, size }: InboundFile,
): Promise<JsonObject | undefined> {
  const isPicture = PICTURES.includes(mimeType) && agent.takes("image");
  const mayBeText = size <= MAX_TEXT_BYTES && agent.takes("embeddedContext");
  if (!isPicture && !mayBeText) return undefined;
  const bytes = await Deno.readFile(path);
  const uri = toFileUrl(path).href;
  if (isPicture) {
    return { type: "image", mimeType, data: bytes.toBase64(), uri };
  }
  const text = asText(bytes);
  const type = mimeType === "" ? {} : { mimeType };
  return text === undefined
    ? undefined
    : { type: "resource", resource: { uri, ...type, text } };
}

/**
 * The text, then a block for each file: its content where the agent takes that, for reading it would be a tool that has
 * to be allowed; else a link.
 */
export async function promptBlocks(
  agent: Agent,
  text: string,
  files: readonly InboundFile[],
): Promise<JsonObject[]> {
  const blocks: JsonObject[] = [{ type: "text", text }];
  let left = MAX_SHOWN_BYTES;
  for (const file of files) {
    const content = file.size <= left ? await shown(agent, file) : undefined;
    if (content !== undefined) left -= file.size;
    blocks.push(content ?? link(file));
  }
  return blocks;
}
