/** What `codex exec --json` prints, line by line, and what it means for the message. */
import { asText } from "../../as_text.ts";
import { BackendError } from "../../errors.ts";
import { type Reply, textReply, type Usage } from "../backend.ts";
import { plainText } from "../plain_text.ts";
import type { CommandEnd } from "../command/run_command.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const OVERLOADED =
  /usage limit|rate limit|too many requests|overloaded|at capacity|\b(?:429|503|529)\b/i;
const REFUSED = /\b401\b|\b403\b|unauthorized|not logged in|codex login/i;
const BAD_ARGUMENTS =
  /unexpected argument|invalid value|unrecognized subcommand/i;
const UNKNOWN_THREAD = /no rollout found|thread not found/i;

function object(value: unknown): JsonObject {
  return typeof value === "object" && value !== null ? value as JsonObject : {};
}

/** The kinds of work that codex tells of, in words for everybody. */
const WORK: Readonly<Record<string, string>> = {
  command_execution: "a shell",
  file_change: "the editor",
  mcp_tool_call: "a tool",
  web_search: "web search",
};

/** What can be told while a turn runs. */
export interface CodexListener {
  /** The thread that the turn runs in. */
  onThread(id: string): void;
  /** What it does, in fixed words. */
  onProgress(words: string): void;
}

/** Reads the lines of one run. */
export class CodexRun {
  readonly #listener: CodexListener;
  #text: string | undefined;
  #error: string | undefined;
  #completed = false;
  #usage: Usage | undefined;

  /** Nothing was read yet. */
  constructor(listener: CodexListener) {
    this.#listener = listener;
  }

  /** Takes a line; what is no event is passed over. */
  readonly take = (line: string): void => {
    let event: JsonObject;
    try {
      event = object(JSON.parse(line));
    } catch {
      return;
    }
    const item = object(event.item);
    switch (event.type) {
      case "thread.started":
        if (typeof event.thread_id === "string") {
          this.#listener.onThread(event.thread_id);
        }
        break;
      case "item.started": {
        const what = typeof item.type === "string" ? WORK[item.type] : "";
        if (what) this.#listener.onProgress(`Using ${what}`);
        break;
      }
      case "item.completed":
        // The last one is the answer; those before it are remarks on the way.
        if (item.type === "agent_message" && typeof item.text === "string") {
          this.#text = item.text;
        }
        break;
      case "turn.completed":
        this.#completed = true;
        this.#usage = usageOf(object(event.usage));
        break;
      case "turn.failed":
        this.#error = asText(object(event.error).message) || "no reason given";
        break;
      case "error":
        // A warning where a turn goes on after it; the reason where none does.
        this.#error = asText(event.message) || "no reason given";
        break;
    }
  };

  /** Whether the run ended because codex does not know the thread that it was to go on with. */
  isUnknownThread({ code, stderr }: CommandEnd): boolean {
    return code !== 0 && !this.#completed && UNKNOWN_THREAD.test(stderr);
  }

  /**
   * The reply of the run.
   *
   * @throws {BackendError} where it failed.
   */
  reply({ code, summary }: CommandEnd): Reply {
    if (!this.#completed || code !== 0) {
      throw this.#error === undefined
        ? noWord(`Codex gave no answer, it ${summary}`)
        : failure(`Codex failed: ${plainText(this.#error)}`);
    }
    const text = plainText(this.#text ?? "");
    return {
      ...textReply(text.trim() === "" ? "" : text),
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
    };
  }
}

function tokens(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0
    ? Math.round(value)
    : undefined;
}

function usageOf(usage: JsonObject): Usage | undefined {
  const inputTokens = tokens(usage.input_tokens);
  const outputTokens = tokens(usage.output_tokens);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  };
}

/** The error of a run that codex itself gave a reason for. */
function failure(message: string): BackendError {
  if (OVERLOADED.test(message)) return new BackendError("weather", message);
  if (REFUSED.test(message)) {
    return new BackendError("final", message, {
      failure: "not_ready",
      hint: `run "codex login" as this user, or set CODEX_API_KEY`,
    });
  }
  return new BackendError("retry", message);
}

/** The error of a run that ended without a word: numbers in what stands on stderr then mean nothing. */
function noWord(message: string): BackendError {
  if (BAD_ARGUMENTS.test(message)) {
    return new BackendError("final", message, {
      failure: "not_ready",
      hint: "check the option args, or update Codex",
    });
  }
  return new BackendError("retry", message);
}
