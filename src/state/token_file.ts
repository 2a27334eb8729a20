/**
 * A token that register minted: the platform never says it again, so it is kept, in a 0600 file of its own. With it
 * stands a hash of the token that was given at that time, so that a token given anew wins over it.
 */
import { createHash } from "node:crypto";
import { ROTATE_CREDENTIALS, StateError } from "../errors.ts";
import { makePrivateDir, readIfThere, replaceFile } from "../os/files.ts";
import { type JsonObject, parseObject, seal, unseal } from "./checksum.ts";
import { moveAside, type OnDamaged } from "./damaged.ts";
import type { StatePaths } from "./paths.ts";

/** The version that this release writes. */
const VERSION = 1;

function hash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Keeps `minted`, which the platform gave while `given` was the operator's token. */
export async function saveMintedToken(
  paths: StatePaths,
  minted: string,
  given: string,
): Promise<void> {
  try {
    await makePrivateDir(paths.dir);
    await replaceFile(
      paths.token,
      seal({ version: VERSION, token: minted, given_sha256: hash(given) }),
    );
  } catch (cause) {
    throw new StateError(
      paths.token,
      `Cannot keep the token that the platform minted in ${paths.token}`,
      {
        cause,
        hint: `make the directory writable, then ${ROTATE_CREDENTIALS}`,
      },
    );
  }
}

/** What the file holds; undefined where there is none. @throws {StateError} if it cannot be read. */
async function read(
  paths: Pick<StatePaths, "token">,
): Promise<JsonObject | "damaged" | undefined> {
  let text: string | undefined;
  try {
    text = await readIfThere(paths.token);
  } catch (cause) {
    if (cause instanceof TypeError) return "damaged"; // no UTF-8
    throw new StateError(
      paths.token,
      `Cannot read the token that the platform minted in ${paths.token}`,
      { cause, hint: "check its owner and its mode" },
    );
  }
  if (text === undefined) return undefined;
  const data = unseal(text) ?? unsealed(text);
  return tokenOf(data) === undefined ? "damaged" : data;
}

/** A file of before there were checksums: it holds exactly these two. */
function unsealed(text: string): JsonObject | undefined {
  const data = parseObject(text);
  const names = Object.keys(data ?? {}).sort().join();
  return names === "given_sha256,token" ? data : undefined;
}

function tokenOf(data: JsonObject | undefined): string | undefined {
  return typeof data?.token === "string" && data.token !== ""
    ? data.token
    : undefined;
}

/**
 * The minted token that goes with `given`, or undefined where there is none or another one was given since. A damaged
 * file holds none: it is moved aside, and the platform then says whether the given token will do.
 *
 * @throws {StateError} if the file is there and cannot be read.
 */
export async function loadMintedToken(
  paths: StatePaths,
  given: string,
  onDamaged: OnDamaged,
): Promise<string | undefined> {
  const data = await read(paths);
  if (data !== "damaged") {
    return data?.given_sha256 === hash(given) ? tokenOf(data) : undefined;
  }
  const movedTo = await moveAside(paths.token);
  onDamaged(
    new StateError(
      paths.token,
      `The token that the platform minted is lost: ${paths.token} is damaged`,
      {
        damaged: true,
        hint: `if the platform refuses the given token, ${ROTATE_CREDENTIALS}`,
      },
    ),
    movedTo,
  );
  return undefined;
}

/** The token that is kept, whichever was given: to be masked, not to be used. @throws as `loadMintedToken()`. */
export async function keptToken(
  paths: Pick<StatePaths, "token">,
): Promise<string | undefined> {
  const data = await read(paths);
  return data === "damaged" ? undefined : tokenOf(data);
}
