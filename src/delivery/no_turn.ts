/** Messages of people that no turn can answer: those of files alone, where the files are not to be had. */
import type { InboundMessage, Reply } from "../backends/backend.ts";
import { textReply } from "../backends/backend.ts";
import { contentText } from "../backends/content_text.ts";
import type { GivenFiles } from "../files/turn_files.ts";

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
