/** What a back end gave, made fit for the wire. */
import { cleanJson, cleanParts } from "../a2a/clean_text.ts";
import type { Metadata } from "../a2a/part.ts";
import type { Reply } from "../backends/backend.ts";
import { BackendError } from "../errors.ts";

/**
 * A reply as it can be sent: JSON, without what the platform would lose it for.
 *
 * @throws {BackendError} of kind `final` if it is none.
 */
export function cleaned(reply: Reply, backend: string): Reply {
  try {
    const { parts, metadata } = reply;
    return {
      parts: cleanParts(parts),
      ...(metadata === undefined
        ? {}
        : { metadata: cleanJson(metadata) as Metadata }),
    };
  } catch (cause) {
    throw new BackendError(
      "final",
      `The reply of the back end "${backend}" cannot be written as JSON`,
      { cause },
    );
  }
}
