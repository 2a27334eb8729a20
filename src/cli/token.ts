/** Where the workspace's token comes from. */
import { reason, ROTATE_CREDENTIALS, UsageError } from "../errors.ts";
import { checkToken } from "../options.ts";
import { isWindows } from "../os/platform.ts";
import type { ParsedLine } from "./parse.ts";
import { fromEnv, type Source } from "./read.ts";
import { quoted, relabelled } from "./values.ts";

/** A token, and what the operator should know about how it was given. */
export interface GivenToken {
  readonly token: string;
  readonly warnings: readonly string[];
}

const ENV = "MOLECULE_WORKSPACE_TOKEN";
const READ_BY_OTHERS = 0o044;

async function readTokenFile(
  path: string,
): Promise<{ text: string; open: boolean }> {
  try {
    const text = (await Deno.readTextFile(path)).replace(/[\r\n]+$/, "");
    const { mode } = await Deno.stat(path);
    return {
      text,
      open: !isWindows && mode !== null && (mode & READ_BY_OTHERS) !== 0,
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new UsageError(
      `--token-file ${quoted(path)} cannot be read (${reason(error)})`,
      "give a file that holds the token and nothing else",
      error,
    );
  }
}

function checked(source: Source, warnings: readonly string[]): GivenToken {
  try {
    checkToken(source.text);
  } catch (error) {
    throw relabelled(error, "token", source.label);
  }
  return { token: source.text, warnings };
}

/**
 * The token out of `--token`, `--token-file` or the environment.
 *
 * @throws {UsageError} if there is none, or what was given cannot be one.
 */
export async function readToken(
  line: ParsedLine,
  env: (name: string) => string | undefined,
): Promise<GivenToken> {
  const flag = line.flags.get("token")?.[0];
  const file = line.flags.get("token-file")?.[0];
  if (flag !== undefined && file !== undefined) {
    throw new UsageError(
      "--token and --token-file are both given",
      "give one of them",
    );
  }
  if (flag !== undefined) {
    const warnings = flag === ""
      ? ["No token is given: only a workspace that has none yet takes that"]
      : [];
    return checked({ label: "--token", text: flag }, warnings);
  }
  if (file !== undefined) {
    const { text, open } = await readTokenFile(file);
    if (text.trim() === "") {
      throw new UsageError(
        `--token-file ${quoted(file)} is empty`,
        `put the token into it: ${ROTATE_CREDENTIALS}`,
      );
    }
    return checked(
      { label: `The token in ${quoted(file)}`, text },
      open
        ? [`Other users can read ${quoted(file)}: chmod 600 mends that`]
        : [],
    );
  }
  const source = fromEnv([ENV], env);
  if (source !== undefined) return checked(source, []);
  if (env(ENV) === "") {
    throw new UsageError(
      `${ENV} is empty`,
      ROTATE_CREDENTIALS,
    );
  }
  throw new UsageError(
    "no token is given",
    `set ${ENV} or type --token-file FILE; where there is none, ${ROTATE_CREDENTIALS}`,
  );
}
