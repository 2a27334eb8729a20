/**
 * The environment of a child: what it needs to work, and nothing that it has no business to know.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";

/** What every child may see. A trailing `*` stands for any rest; letter case does not matter. */
const COMMON: readonly string[] = [
  ..."PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TMPDIR XDG_*".split(
    " ",
  ),
  ..."SSL_CERT_* NODE_EXTRA_CA_CERTS HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY"
    .split(" "),
  // Without these no program starts properly on Windows.
  ..."SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT TEMP TMP USERNAME USERPROFILE"
    .split(" "),
  ..."HOMEDRIVE HOMEPATH APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES*".split(
    " ",
  ),
];

/** Holds the id of the turn that a process belongs to. */
export const TURN_VARIABLE = "MOLECULE_TURN";

/** A program whose output goes into a chat has no terminal to paint on. */
const PLAIN_OUTPUT = { NO_COLOR: "1", TERM: "dumb" };

/** Our own variables: the token is among them. */
const OURS = /^MOLECULE_/i;
const SECRET = /^MOLECULE_.*(?:TOKEN|SECRET|KEY)/i;
/** Shorter values occur in others by chance. */
const MIN_SECRET_CHARS = 8;

function matches(name: string, patterns: readonly string[]): boolean {
  const upper = name.toUpperCase();
  return patterns.some((pattern) => {
    const wanted = pattern.toUpperCase();
    return wanted.endsWith("*")
      ? upper.startsWith(wanted.slice(0, -1))
      : upper === wanted;
  });
}

/** @throws {UsageError} if an operator's list asks for variables that no child gets. */
export function checkPassEnv(names: readonly string[]): void {
  const ours = names.find((name) => OURS.test(name));
  if (ours === undefined) return;
  throw new UsageError(
    `Option pass_env: ${JSON.stringify(ours)} is never passed on`,
    "the connector's own variables hold its token; pass_meta=true passes the facts of the message",
  );
}

/** Names of variables whose values are nobody's business. */
const SECRET_NAME =
  /(?:TOKEN|SECRET|KEY|PASSWORD|PASSWD|CREDENTIALS?|TOKEN_BEDROCK)$/i;

/** The values that a child gets by `pass` and that nobody else may be shown: a command may print its environment. */
export function passedSecrets(
  parent: Readonly<Record<string, string>>,
  pass: readonly string[],
): string[] {
  return Object.entries(parent)
    .filter(([name, value]) =>
      matches(name, pass) && SECRET_NAME.test(name) && value !== ""
    )
    .map(([, value]) => value);
}

/**
 * A child's environment: of `parent` what every child may see and what `pass` names, then `set` on top. No
 * `MOLECULE_*` of `parent` is ever in it, nor a variable that holds the value of one that is secret.
 */
export function childEnv(
  parent: Readonly<Record<string, string>>,
  pass: readonly string[],
  set: Readonly<Record<string, string>>,
): Record<string, string> {
  const patterns = [...COMMON, ...pass];
  const secrets = Object.entries(parent)
    .filter(([name, value]) =>
      SECRET.test(name) && value.length >= MIN_SECRET_CHARS
    )
    .map(([, value]) => value);
  const passed = Object.entries(parent).filter(([name, value]) =>
    matches(name, patterns) && !OURS.test(name) &&
    !secrets.some((secret) => value.includes(secret))
  );
  return { ...Object.fromEntries(passed), ...PLAIN_OUTPUT, ...set };
}
