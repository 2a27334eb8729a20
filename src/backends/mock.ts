/**
 * The back end `mock`: answers at once with a fixed text.
 *
 * @module
 */
import { type Backend, type BackendOptions, textReply } from "./backend.ts";
import { OptionReader } from "./option_reader.ts";
import type { BackendSpec } from "./spec.ts";

function createMock(given: BackendOptions): Backend {
  const reply = new OptionReader(mockSpec, given).text("reply");
  return {
    name: mockSpec.name,
    handle: (message, { signal }) =>
      Promise.try(() => {
        signal.throwIfAborted();
        // A function, because in a replacement text $& and its like would have a meaning.
        return textReply(reply.replaceAll("%s", () => message.text));
      }),
  };
}

/** The back end `mock`. */
export const mockSpec: BackendSpec = {
  name: "mock",
  description: "Answers at once with a fixed text, to try a connection out.",
  options: [{
    name: "reply",
    value: "TEXT",
    default: "echo: %s",
    mayBeEmpty: true,
    description: "The answer; every %s in it stands for the message's text.",
  }],
  example: `molecule connect <workspace-id> --backend mock --backend-opt ` +
    `"reply=I got: %s"`,
  create: createMock,
};
