/** Dead letters as `molecule dlq` shows them. Almost everything in them was written by strangers. */
import { type DeadLetter, notRetryable } from "../delivery/dead_letter.ts";
import { isOfChannel } from "../delivery/channel.ts";
import { parseMessage } from "../a2a/message.ts";
import { parseRow } from "../platform/row.ts";
import type { Redactor } from "../redact.ts";
import { shortId } from "../short_id.ts";
import type { LetterFile } from "./dlq_files.ts";
import { column, cut, harmless } from "./harmless.ts";

/** So much of a message's text is shown above its payload. */
const TEXT_COLUMNS = 500;
/** With these words most reasons begin: they tell no letter from another. */
const ALIKE = /^The command ended with /;

function sender(letter: DeadLetter): string {
  const { caller_id: callerId } = letter;
  if (callerId !== "") return shortId(callerId);
  return isOfChannel(letter) ? "channel" : "a person";
}

function from(letter: DeadLetter): string {
  return letter.caller_id ||
    (isOfChannel(letter) ? "an outside channel" : "a person");
}

function line(
  idLength: number,
  columns: number | undefined,
  cells: readonly string[],
): string {
  const [id = "", when = "", kind = "", from = "", tries = "", why = ""] =
    cells;
  const left = [
    column(id, idLength),
    column(when, 16),
    column(kind, 7),
    column(from, 8),
    column(tries, 5),
  ].join("  ") + "  ";
  const shown = columns === undefined
    ? why
    : cut(why, Math.max(columns - left.length, 10));
  return (left + shown).trimEnd();
}

function minute(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}

/** What stands above the list. `columns`: the terminal's width; undefined where nothing is to be cut. */
export function listHead(
  idLength: number,
  columns: number | undefined,
): string {
  const cells = ["LETTER", "WHEN (UTC)", "KIND", "FROM", "TRIES", "REASON"];
  return line(idLength, columns, cells);
}

/** One line of the list. */
export function listLine(
  file: LetterFile,
  read: { readonly letter: DeadLetter } | { readonly damage: string },
  idLength: number,
  columns: number | undefined,
  redactor: Redactor,
): string {
  const id = harmless(file.id.slice(0, idLength));
  if ("damage" in read) {
    const cells = [id, minute(file.at), "damaged", "", "", read.damage];
    return line(idLength, columns, cells);
  }
  const { letter } = read;
  const why = (file.waits ? "to be tried again; " : "") +
    redactor.redact(letter.reason).replace(ALIKE, "");
  // A terminal shows no more of it, and a reason may be long.
  const looked = columns === undefined ? why : why.slice(0, 2 * columns + 2);
  return line(idLength, columns, [
    id,
    harmless(letter.failed_at.slice(0, 16).replace("T", " ")),
    letter.kind,
    harmless(sender(letter)),
    String(letter.attempts),
    harmless(looked),
  ]);
}

function row(name: string, value: string): string {
  return `${name.padEnd(10)} ${harmless(value)}`;
}

function retried(n: number): string {
  if (n === 0) return "never";
  return n === 1 ? "once" : `${n} times`;
}

/** What a message says; empty where its row cannot be read. */
function textIn(payload: unknown): string {
  return parseMessage(parseRow(payload)?.requestBody).text;
}

/** Everything about one letter, with secrets masked. */
export function showLines(
  file: LetterFile,
  letter: DeadLetter,
  redactor: Redactor,
): string[] {
  const why = notRetryable(letter);
  const payload = redactor.redactValue(letter.payload) ?? null;
  const text = (value: string) => redactor.redact(value);
  const { payload: sent } = letter;
  const said = letter.kind === "message" ? textIn(sent) : "";
  return [
    row("letter", file.id),
    row("kind", letter.kind),
    row("given up", letter.failed_at),
    row("from", text(from(letter))),
    row("row", text(letter.row)),
    ...(letter.message_id === "" ? [] : [row("sent as", letter.message_id)]),
    row("tries", String(letter.attempts)),
    row("retried", retried(letter.retry)),
    ...(file.waits ? [row("waits", "to be tried again")] : []),
    row("reason", text(letter.reason)),
    ...(why === undefined ? [] : [row("no retry", text(why))]),
    row("file", file.path),
    ...(said === ""
      ? []
      : [row("text", cut(harmless(text(said)), TEXT_COLUMNS))]),
    "payload",
    ...JSON.stringify(payload, null, 2).split("\n").map(harmless),
  ];
}

/** A letter as one JSON object on one line, with secrets masked; `whole` with its payload. */
export function jsonLine(
  file: LetterFile,
  read: { readonly letter: DeadLetter } | { readonly damage: string },
  redactor: Redactor,
  whole: boolean,
): string {
  const given = { letter: file.id, file: file.path, waiting: file.waits };
  if ("damage" in read) {
    return harmless(JSON.stringify({ ...given, damage: read.damage }));
  }
  const { payload, ...rest } = read.letter;
  const shown = {
    ...given,
    ...rest,
    retryable: notRetryable(read.letter) === undefined,
    ...(whole ? { payload } : {}),
  };
  // In JSON only texts hold such characters, and an escape means the same there.
  return harmless(JSON.stringify(redactor.redactValue(shown)));
}
