/** Files of people that no turn gets: what is answered in its place, or said behind its answer. */
import { cleanText } from "../a2a/clean_text.ts";
import type { InboundMessage, Reply } from "../backends/backend.ts";
import { textReply } from "../backends/backend.ts";
import { contentText } from "../backends/content_text.ts";
import type { GivenFiles } from "../files/turn_files.ts";
import { fileName, shortened } from "./outgoing.ts";

const NO_FILES =
  "Sorry, I cannot take files. Please write what you mean as text.";

/** Whether a person sent files and nothing else. */
function isFilesOnly(message: InboundMessage): boolean {
  return message.origin === "canvas" &&
    message.parts.some((part) => part.kind === "file") &&
    contentText(message).trim() === "";
}

/** The answer to a message of files alone where the back end takes none; undefined for any other message. */
export function takesNoFiles(
  message: InboundMessage,
  accepts: boolean,
): Reply | undefined {
  return !accepts && isFilesOnly(message) ? textReply(NO_FILES) : undefined;
}

/** What a person is told behind the answer, where the back end takes no files and there were some; empty otherwise. */
export function notRead(message: InboundMessage, accepts: boolean): string {
  const names = message.parts.flatMap((part) =>
    part.kind === "file" ? [cleanText(fileName(part))] : []
  );
  if (accepts || message.origin !== "canvas" || names.length === 0) return "";
  const were = names.length === 1 ? "was" : "were";
  return `(I cannot take files: ${
    shortened(names).join(", ")
  } ${were} not read.)`;
}

/** The answer to a message of files alone of which none can be read; undefined for any other message. */
export function noneReadable(
  message: InboundMessage,
  { files, unavailableFiles }: GivenFiles,
): Reply | undefined {
  if (files.length > 0 || unavailableFiles.length === 0) return undefined;
  if (!isFilesOnly(message)) return undefined;
  const names = unavailableFiles.map(({ name, reason }) =>
    `${name} (${reason})`
  );
  return textReply(
    `Sorry, I could not read what you sent: ${
      names.join(", ")
    }. Please send it again.`,
  );
}
