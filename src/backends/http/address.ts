/** The address of a server that an operator names. */
import { UsageError } from "../../errors.ts";

/**
 * `text` as the address of a server.
 *
 * @throws {UsageError} if it is none, or has credentials in it: an address is shown where a secret must not be.
 */
export function serverAddress(
  text: string,
  option: string,
  credentials: string,
): URL {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    // Not quoted: what is no address may be the secret that belongs elsewhere.
    throw new UsageError(
      `Option ${option} is no http or https address`,
      `write it as https://host.example/path`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      `Option ${option} has credentials in it, before ${
        JSON.stringify(`@${url.host}`)
      }`,
      credentials,
    );
  }
  url.hash = "";
  return url;
}
