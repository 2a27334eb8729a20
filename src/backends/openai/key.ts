/** The key for an API like OpenAI's. */
import { UsageError } from "../../errors.ts";
import { readSecret, type Secret } from "../http/secret.ts";

const OPENAI_HOST = "api.openai.com";
const OPENAI_VARIABLE = "OPENAI_API_KEY";

/**
 * The key in the variable that the operator named. Without a name, OpenAI's own key goes to OpenAI and to nobody else:
 * it often lies in an environment where the address is another's.
 *
 * @throws {UsageError} if the variable's value cannot stand in a header.
 */
export function readKey(named: string, url: URL): Secret | undefined {
  const variable = named !== ""
    ? named
    : url.host === OPENAI_HOST
    ? OPENAI_VARIABLE
    : undefined;
  if (variable === undefined) return undefined;
  const key = readSecret(variable, "key_env");
  if (key.value !== undefined && !/^[\x21-\x7e]+$/.test(key.value)) {
    throw new UsageError(
      `The environment variable ${variable} holds characters that no key has`,
      "set it again, to the bare key",
    );
  }
  return key;
}
