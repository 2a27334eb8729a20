/**
 * What an agent with tools is told for a message. First what this side knows of it, in brackets; after the first blank
 * line everything is the sender's.
 *
 * @module
 */
import type { BackendContext, InboundMessage, Origin } from "./backend.ts";
import { contentText } from "./content_text.ts";

/** Longest id that is shown, in characters. */
const MAX_ID_CHARS = 100;

const SENDERS: Readonly<Record<Origin, string>> = {
  peer: "another workspace",
  canvas: "a person in the web chat",
  channel: "an outside chat channel",
};

/** What a prompt needs of the turn. */
export type PromptContext = Pick<
  BackendContext,
  "again" | "files" | "unavailableFiles" | "outboxDir"
>;

/** What an agent can do, beside answering. */
export interface PromptOptions {
  /** It may write into the turn's outbox directory, and is told so. */
  readonly sendsFiles?: boolean;
}

/** An id without anything that could end the header line, close its bracket or mention a file. */
function plainId(id: string): string {
  return id.replace(/[^A-Za-z0-9_.:-]/g, "").slice(0, MAX_ID_CHARS);
}

/**
 * One line that says where the message comes from. It always stands first: a text at the very beginning that starts
 * with a slash would be a command to the agent's own program.
 */
export function headerLine(message: InboundMessage, again = false): string {
  const id = plainId(message.callerId);
  const sender = SENDERS[message.origin];
  const more = again
    ? "; its answer was interrupted before, so it may stand above already"
    : "";
  return `[Message from ${sender}${id === "" ? "" : `, id ${id}`}${more}]`;
}

/** What there is to know of the message's files, one line each. */
function fileLines(
  { files, unavailableFiles, outboxDir }: PromptContext,
  { sendsFiles = false }: PromptOptions,
): string[] {
  return [
    ...files.map(({ path, mimeType, size }) =>
      `[File that came with it: ${path} (${
        mimeType === "" ? "" : `${mimeType}, `
      }${size} bytes)]`
    ),
    ...unavailableFiles.map(({ name, reason }) =>
      `[File that came with it, not available: ${name} (${reason})]`
    ),
    ...(sendsFiles
      ? [`[Files that you leave in ${outboxDir} are sent with your answer]`]
      : []),
  ];
}

/** Header lines, a blank line, the text and the data parts as JSON. A message without them is described. */
export function agentPrompt(
  message: InboundMessage,
  context: PromptContext,
  options: PromptOptions = {},
): string {
  const header = [
    headerLine(message, context.again),
    ...fileLines(context, options),
  ];
  const kinds = message.parts.map((part) => part.kind).join(", ");
  const content = contentText(message);
  const said = content.trim() === ""
    ? `(The message has no text. Its parts: ${kinds === "" ? "none" : kinds}.)`
    : content;
  return `${header.join("\n")}\n\n${said}`;
}
